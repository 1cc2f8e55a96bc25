//! Set-up, run, test, tidy, bench: the project's own commands.

fn main() {}
