//! Who the client says it is.

use std::path::Path;

use crate::args;

/// What is sent as `Authorization`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// Name and password.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

impl Login {
    /// What the options say, else the environment: `variable` looks one up.
    ///
    /// # Errors
    ///
    /// A file or a variable holds something else, or there are two variables.
    pub(crate) fn of(
        options: &args::Client,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        if let Some((name, password)) = &options.user {
            return Ok(Some(Self::Basic(name.clone(), password.clone())));
        }
        if let Some(token) = &options.bearer {
            return Ok(Some(Self::Bearer(token.clone())));
        }
        if let Some(file) = &options.user_file {
            return Self::basic(&line_of(file)?, &file.display().to_string()).map(Some);
        }
        if let Some(file) = &options.bearer_file {
            return Ok(Some(Self::Bearer(line_of(file)?)));
        }
        match (variable("ENGINEIO_USER"), variable("ENGINEIO_BEARER")) {
            (Some(_), Some(_)) => Err("ENGINEIO_USER and ENGINEIO_BEARER are both set; expected one: unset \
                 the other, or give --user-file or --bearer-file"
                .to_owned()),
            (Some(user), None) => Self::basic(&user, "ENGINEIO_USER").map(Some),
            (None, token) => Ok(token.map(Self::Bearer)),
        }
    }

    /// The text itself is not told: it is a secret.
    fn basic(text: &str, place: &str) -> Result<Self, String> {
        let (name, password) =
            args::login(text).map_err(|expected| format!("{place} holds no login: {expected}"))?;
        Ok(Self::Basic(name, password))
    }
}

/// The only line of a file.
fn line_of(file: &Path) -> Result<String, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(['\r', '\n']) {
        return Err(format!("{} has not one line; expected the secret on its only line", file.display()));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Options {
        #[command(flatten)]
        client: args::Client,
    }

    fn login(options: &[&str], variables: &[(&str, &str)]) -> Result<Option<Login>, String> {
        let options = Options::try_parse_from([&["engineio"], options].concat()).unwrap();
        let variable = |wanted: &str| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        Login::of(&options.client, variable)
    }

    fn basic(name: &str, password: &str) -> Login {
        Login::Basic(name.to_owned(), password.to_owned())
    }

    fn bearer(token: &str) -> Login {
        Login::Bearer(token.to_owned())
    }

    /// A file in the directory for tests' files, named after the test.
    fn file(name: &str, text: &str) -> String {
        let path = std::env::temp_dir().join(format!("engineio-login-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    #[test]
    fn options_files_and_variables() {
        let (user, token) = (file("user", "me:a:b \n"), file("token", "secret\r\n"));
        let variables = [("ENGINEIO_USER", "env:x")];
        for (options, variables, wanted) in [
            (&[][..], &[][..], None),
            (&["--user", "me:pw"], &variables, Some(basic("me", "pw"))),
            (&["--bearer", "t"], &variables, Some(bearer("t"))),
            (&["--user-file", &user], &variables, Some(basic("me", "a:b "))),
            (&["--bearer-file", &token], &variables, Some(bearer("secret"))),
            (&[], &variables, Some(basic("env", "x"))),
            (&[], &[("ENGINEIO_BEARER", "t")], Some(bearer("t"))),
        ] {
            assert!(login(options, variables) == Ok(wanted), "{options:?} {variables:?}");
        }
        for path in [user, token] {
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_is_no_login_is_told_without_the_secret() {
        let (none, two) = (file("none", "hunter2"), file("two", "me:hunter2\nmore"));
        let both = [("ENGINEIO_USER", "me:hunter2"), ("ENGINEIO_BEARER", "hunter2")];
        for (options, variables, words) in [
            (&["--user-file", &none][..], &[][..], "holds no login: expected NAME:PASSWORD"),
            (&["--user-file", &two], &[], "expected the secret on its only line"),
            (&["--bearer-file", "/nowhere/at/all"], &[], "cannot read /nowhere/at/all"),
            (&[], &both, "are both set"),
            (&[], &[("ENGINEIO_USER", "hunter2")], "ENGINEIO_USER holds no login"),
        ] {
            let error = login(options, variables).err().unwrap_or_default();
            assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        }
        for path in [none, two] {
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn one_login_is_enough() {
        for second in ["--bearer", "--user-file", "--bearer-file"] {
            assert!(
                Options::try_parse_from(["engineio", "--user", "me:pw", second, "x"]).is_err(),
                "{second}"
            );
        }
    }
}
