//! The page that `serve` answers `GET /` with, and the files it is made of.

/// Lets the page load only its own files and talk only to the server it came from.
///
/// `blob:` is for thumbnails of received images. Trusted types are required and none is allowed: the page never
/// turns a string into markup or script.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

const INDEX: &str = include_str!("index.html");
const DEFAULTS: &str = r#"data-path="/engine.io/" data-mode="echo""#;

/// The type of the page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// A file as it goes into a response.
#[derive(Debug)]
pub(crate) struct File<B> {
    /// The value of `Content-Type`.
    pub(crate) media_type: &'static str,
    pub(crate) body: B,
}

/// The page itself, for a server whose Engine.IO path is `path` and that treats messages as `mode` says.
pub(crate) fn index(path: &str, mode: &str) -> File<String> {
    let settings = format!(r#"data-path="{}" data-mode="{}""#, escape(path), escape(mode));
    File { media_type: HTML, body: INDEX.replacen(DEFAULTS, &settings, 1) }
}

/// The file that the page refers to as `path`, such as `/page/client.js`.
pub(crate) fn file(path: &str) -> Option<File<&'static str>> {
    let (media_type, body) = match path.strip_prefix("/page/")? {
        "client.js" => (SCRIPT, include_str!("client.js")),
        "format.js" => (SCRIPT, include_str!("format.js")),
        "icon.svg" => (IMAGE, include_str!("icon.svg")),
        "image.js" => (SCRIPT, include_str!("image.js")),
        "log.js" => (SCRIPT, include_str!("log.js")),
        "packet.js" => (SCRIPT, include_str!("packet.js")),
        "page.css" => (STYLE, include_str!("page.css")),
        "page.js" => (SCRIPT, include_str!("page.js")),
        "polling.js" => (SCRIPT, include_str!("polling.js")),
        "probe.js" => (SCRIPT, include_str!("probe.js")),
        "roundtrip.js" => (SCRIPT, include_str!("roundtrip.js")),
        "steps.js" => (SCRIPT, include_str!("steps.js")),
        "websocket.js" => (SCRIPT, include_str!("websocket.js")),
        _ => return None,
    };
    Some(File { media_type, body })
}

/// For a double-quoted attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_told_path_and_mode() {
        let page = index("/a&b\"<", "chat").body;
        assert!(page.contains(r#"data-path="/a&amp;b&quot;&lt;" data-mode="chat""#));
        assert!(!page.contains(DEFAULTS));
    }

    #[test]
    fn every_file_that_is_referred_to_is_served() {
        let mut left = references(INDEX, "\"page/", '"');
        let mut seen = Vec::new();
        while let Some(name) = left.pop() {
            let body = file(&format!("/page/{name}")).unwrap_or_else(|| panic!("{name} is not served")).body;
            if !seen.contains(&name) {
                left.extend(references(body, "from \"./", '"'));
                seen.push(name);
            }
        }
        assert!(seen.contains(&"page.css") && seen.contains(&"websocket.js"));
    }

    #[test]
    fn nothing_else_is_served() {
        assert!(file("/page/").is_none());
        assert!(file("/page/mod.rs").is_none());
        assert!(file("/client.js").is_none());
    }

    fn references<'a>(text: &'a str, before: &str, after: char) -> Vec<&'a str> {
        text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
    }
}
