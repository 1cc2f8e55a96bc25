//! Where a workspace's own secrets rest: the OS keyring, or a passphrase-sealed file.
