//! Where the window finds its workspace: `--workspace DIR`, `KEYWARD_WORKSPACE`, or the platform's place
//! for data. Never a secret: a passphrase is asked for in the window.

use std::path::PathBuf;

use directories::ProjectDirs;
use keyward_workspace::AwsSettings;

/// What the command line and the environment say.
pub struct Arguments {
    /// The workspace's folder.
    pub folder: PathBuf,
    /// The account's folder for what outlives a workspace.
    pub state: Option<PathBuf>,
    /// How the AWS client is set.
    pub aws: AwsSettings,
}

impl Arguments {
    /// Reads them. What isn't known is left alone: desktops start programs with arguments of their own.
    pub fn read() -> Self {
        let places = ProjectDirs::from("", "", "keyward");
        let state = places.as_ref().map(|places| {
            places.state_dir().map_or_else(|| places.data_local_dir().join("state"), PathBuf::from)
        });
        let usual = || {
            let data = places.as_ref().map(|places| places.data_dir().join("workspace"));
            data.unwrap_or_else(|| PathBuf::from("keyward-workspace"))
        };
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let folder =
            named(std::env::args()).or_else(|| set("KEYWARD_WORKSPACE")).map(PathBuf::from);
        Self {
            folder: folder.unwrap_or_else(usual),
            state,
            aws: AwsSettings {
                profile: set("KEYWARD_AWS_PROFILE"),
                endpoint: set("KEYWARD_AWS_ENDPOINT"),
            },
        }
    }
}

/// The value of `--workspace`.
fn named(arguments: impl Iterator<Item = String>) -> Option<String> {
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--workspace" {
            return arguments.next();
        }
        if let Some(folder) = argument.strip_prefix("--workspace=") {
            return Some(folder.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_named_in_both_spellings() {
        let named = |line: &str| named(line.split(' ').map(str::to_owned));
        assert_eq!(named("keyward --workspace /w"), Some("/w".into()));
        assert_eq!(named("keyward keyward://request/1 --workspace=/w"), Some("/w".into()));
        assert_eq!(named("keyward"), None);
    }
}
