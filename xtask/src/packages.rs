//! The one list of system packages, and how to get them.
//!
//! `run`, `test`, `bench` and `fuzz` all read it; nothing else names a package. Cryptography, SQLite
//! and the Secret Service client are built from source and need no more than a C compiler; the desktop
//! console needs the system's web view.

use std::process::Stdio;

use crate::{
    error::Error,
    process::{capture, on_path, program, run},
    project::no_skip,
};

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To build and run the command.
    Run,
    /// To build the desktop console besides, and open its window.
    Desktop,
    /// To open it where there is no display, and drive it.
    Window,
    /// To run every test.
    Test,
    /// To measure beside other tools.
    Bench,
    /// To build fuzz targets.
    Fuzz,
}

/// How to tell that a package is there.
#[derive(Clone, Copy, Debug)]
enum Sign {
    /// A program on `PATH`.
    Program(&'static str),
    /// A command that succeeds.
    Succeeds(&'static [&'static str]),
}

/// A package by its name in Debian and Ubuntu.
#[derive(Debug)]
struct Package {
    apt: &'static str,
    what_for: &'static str,
    sign: Sign,
    needs: &'static [Need],
    /// Whether nothing works without it. Without any other, tests are skipped by name.
    required: bool,
}

const PACKAGES: &[Package] = &[
    Package {
        apt: "gcc",
        what_for: "a C compiler and linker, for AWS-LC and SQLite",
        sign: Sign::Program("cc"),
        needs: &[Need::Run, Need::Desktop, Need::Window, Need::Test, Need::Bench, Need::Fuzz],
        required: true,
    },
    Package {
        apt: "libc6-dev",
        what_for: "the C library's headers, for AWS-LC and SQLite",
        sign: Sign::Succeeds(&["cc", "-E", "-include", "stdlib.h", "-x", "c", "/dev/null"]),
        needs: &[Need::Run, Need::Desktop, Need::Window, Need::Test, Need::Bench, Need::Fuzz],
        required: true,
    },
    Package {
        apt: "g++",
        what_for: "a C++ compiler, for libFuzzer",
        sign: Sign::Program("c++"),
        needs: &[Need::Fuzz],
        required: true,
    },
    Package {
        apt: "python3-venv",
        what_for: "Python environments, for the AWS peer and the Python client",
        sign: Sign::Succeeds(&["python3", "-c", "import ensurepip, venv"]),
        needs: &[Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "pkg-config",
        what_for: "finding the web view's libraries",
        sign: Sign::Program("pkg-config"),
        needs: &[Need::Desktop, Need::Window, Need::Test, Need::Bench],
        required: true,
    },
    Package {
        apt: "libwebkit2gtk-4.1-dev",
        what_for: "the web view of the desktop console",
        sign: Sign::Succeeds(&["pkg-config", "--exists", "webkit2gtk-4.1"]),
        needs: &[Need::Desktop, Need::Window, Need::Test, Need::Bench],
        required: true,
    },
    Package {
        apt: "libayatana-appindicator3-dev",
        what_for: "its icon in the desktop's panel",
        sign: Sign::Succeeds(&["pkg-config", "--exists", "ayatana-appindicator3-0.1"]),
        needs: &[Need::Desktop, Need::Window, Need::Test, Need::Bench],
        required: true,
    },
    Package {
        apt: "librsvg2-dev",
        what_for: "its icons in its window",
        sign: Sign::Succeeds(&["pkg-config", "--exists", "librsvg-2.0"]),
        needs: &[Need::Desktop, Need::Window, Need::Test, Need::Bench],
        required: true,
    },
    Package {
        apt: "libdbus-1-dev",
        what_for: "its notifications",
        sign: Sign::Succeeds(&["pkg-config", "--exists", "dbus-1"]),
        needs: &[Need::Desktop, Need::Window, Need::Test, Need::Bench],
        required: true,
    },
    Package {
        apt: "file",
        what_for: "telling kinds of files apart, for its packages",
        sign: Sign::Program("file"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "xvfb",
        what_for: "a display where there is none",
        sign: Sign::Program("Xvfb"),
        needs: &[Need::Window, Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "xauth",
        what_for: "that display's door",
        sign: Sign::Program("xauth"),
        needs: &[Need::Window, Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "webkit2gtk-driver",
        what_for: "driving the window as a person would",
        sign: Sign::Program("WebKitWebDriver"),
        needs: &[Need::Window, Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "dbus-x11",
        // Named with gnome-keyring, or apt brings systemd's user session for the same purpose.
        what_for: "a session bus of the tests' own",
        sign: Sign::Program("dbus-launch"),
        needs: &[Need::Window, Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "gnome-keyring",
        what_for: "an OS keyring of the tests' own",
        sign: Sign::Program("gnome-keyring-daemon"),
        needs: &[Need::Window, Need::Test, Need::Bench],
        required: false,
    },
    Package {
        apt: "softhsm2",
        what_for: "an HSM in software, for root keys over PKCS#11",
        sign: Sign::Program("softhsm2-util"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "opensc",
        what_for: "making keys in that HSM as their owner does",
        sign: Sign::Program("pkcs11-tool"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "sqlite3",
        what_for: "editing the database behind Keyward's back",
        sign: Sign::Program("sqlite3"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "openssh-client",
        what_for: "an agent that holds the key of the public witness",
        sign: Sign::Program("ssh-agent"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "rsyslog",
        what_for: "a syslog receiver to send the log to",
        sign: Sign::Program("rsyslogd"),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "rsyslog-gnutls",
        what_for: "the same over TLS",
        // Its folder has the machine's architecture in its name.
        sign: Sign::Succeeds(&["sh", "-c", "ls /usr/lib*/*/rsyslog/lmnsd_gtls.so"]),
        needs: &[Need::Test],
        required: false,
    },
    Package {
        apt: "age",
        what_for: "a peer to measure streams beside",
        sign: Sign::Program("age"),
        needs: &[Need::Bench],
        required: false,
    },
];

/// Installs what is missing for a need where that is possible, and names it where it isn't.
///
/// # Errors
/// [`Error::Packages`] with the exact line to run, where apt is here but we aren't root; and where
/// there is no apt, if nothing works without a package.
pub fn ensure(need: Need) -> Result<(), Error> {
    // Elsewhere the compiler comes with the system's own tools, and the keyring with the system.
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing(need, is_there);
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        eprintln!("missing: {} ({})", package.apt, package.what_for);
    }
    match (on_path("apt-get").is_some(), is_root()) {
        (true, true) => install(&missing),
        (true, false) => Err(Error::Packages { line: line(&missing) }),
        (false, _) => without_apt(&missing),
    }
}

fn missing(need: Need, is_there: impl Fn(&Sign) -> bool) -> Vec<&'static Package> {
    PACKAGES
        .iter()
        .filter(|package| package.needs.contains(&need) && !is_there(&package.sign))
        .collect()
}

fn is_there(sign: &Sign) -> bool {
    match sign {
        Sign::Program(name) => on_path(name).is_some(),
        Sign::Succeeds([name, arguments @ ..]) => capture(program(name).args(arguments)).0,
        Sign::Succeeds([]) => true,
    }
}

fn install(missing: &[&Package]) -> Result<(), Error> {
    let apt_get = |arguments: &[&str]| {
        let mut command = program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        // What it prints is no result of ours.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        run(&mut command)
    };
    apt_get(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-qq", "-y", "--no-install-recommends"];
    arguments.extend(missing.iter().map(|package| package.apt));
    apt_get(&arguments)
}

fn without_apt(missing: &[&Package]) -> Result<(), Error> {
    if no_skip() || missing.iter().any(|package| package.required) {
        return Err(Error::Packages { line: format!("(as Debian names them) {}", names(missing)) });
    }
    eprintln!("(no apt-get here: install these your system's way, or what needs them is skipped)");
    Ok(())
}

/// The line to run, as Debian and Ubuntu have it.
fn line(missing: &[&Package]) -> String {
    format!("sudo apt-get install -y --no-install-recommends {}", names(missing))
}

fn names(missing: &[&Package]) -> String {
    missing.iter().map(|package| package.apt).collect::<Vec<_>>().join(" ")
}

fn is_root() -> bool {
    let (succeeded, text) = capture(program("id").arg("-u"));
    succeeded && text.trim() == "0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_for_the_need_is_named() {
        let nothing = |_: &Sign| false;
        let all = |_: &Sign| true;
        assert!(missing(Need::Test, all).is_empty());
        assert_eq!(
            line(&missing(Need::Run, nothing)),
            "sudo apt-get install -y --no-install-recommends gcc libc6-dev"
        );
        let test = line(&missing(Need::Test, nothing));
        let desktop = line(&missing(Need::Desktop, nothing));
        assert!(desktop.contains(" libwebkit2gtk-4.1-dev") && !desktop.contains("xvfb"));
        assert!(test.contains(" gnome-keyring") && !test.contains(" age") && !test.contains("g++"));
    }

    #[test]
    fn a_package_is_named_once() {
        for (index, package) in PACKAGES.iter().enumerate() {
            assert!(PACKAGES[..index].iter().all(|other| other.apt != package.apt));
            assert!(!package.needs.is_empty());
        }
    }
}
