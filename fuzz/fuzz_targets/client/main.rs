//! The client's session: whatever a driver, a server and an application do in whatever order, its promises hold.
#![no_main]

mod check;
mod ops;

use libfuzzer_sys::fuzz_target;

use check::Check;
use ops::Input;

fuzz_target!(|input: Input<'_>| {
    let mut check = Check::new(&input);
    for op in input.ops {
        check.apply(op);
        check.promises();
    }
    check.silence_is_the_end();
});
