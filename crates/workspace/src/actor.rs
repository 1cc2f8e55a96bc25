//! Who acts, until identities arrive: the account of the operating system.

use keyward_core::Actor;

/// The account that this process runs as: its name, or `uid:N` where it has none.
///
/// Asked of the system and not of the environment, which anybody sets as they like.
#[must_use]
pub fn os_account() -> Actor {
    Actor(account())
}

#[cfg(unix)]
fn account() -> String {
    let id = nix::unistd::geteuid();
    match nix::unistd::User::from_uid(id) {
        Ok(Some(user)) if is_printable(&user.name) => user.name,
        _ => format!("uid:{id}"),
    }
}

#[cfg(not(unix))]
fn account() -> String {
    std::env::var("USERNAME").ok().filter(|name| is_printable(name)).unwrap_or("uid:unknown".into())
}

/// Whether a name can stand in a record and in a terminal.
fn is_printable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_always_acts() {
        assert!(is_printable(&os_account().0));
    }
}
