//! What a process that holds keys does first.

/// Keeps this process from leaving its memory in a core dump. Every binary calls it first.
///
/// A system that refuses is left as it is: keys are wiped and locked all the same.
pub fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let _ = setrlimit(Resource::Core, none);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn leaves_no_core() {
        super::harden();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
