//! A display, a session bus and an unlocked keyring of our own: nothing of the account's is touched.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// The programs that this takes.
const PROGRAMS: &[&str] = &["Xvfb", "dbus-daemon", "gnome-keyring-daemon", "WebKitWebDriver"];

/// What one is left waiting for at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// What runs for a window, and the home folder it runs in.
pub struct Surroundings {
    home: PathBuf,
    environment: BTreeMap<&'static str, String>,
    // Ended in this order.
    running: Vec<Ended>,
}

/// A program that is ended with this value, and all that it started.
pub(super) struct Ended(Child);

impl Surroundings {
    /// Starts them, with a home in a folder: a keyring that is made there is there the next time.
    ///
    /// # Errors
    /// What the system says where one doesn't start.
    pub fn start(home: &Path, width: u32, height: u32) -> io::Result<Self> {
        let home = std::path::absolute(home)?;
        let runtime = home.join("run");
        fs::create_dir_all(&runtime)?;
        #[cfg(unix)]
        fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let mut all = Self { environment: BTreeMap::new(), running: Vec::new(), home };
        for (name, below) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            all.environment.insert(name, all.home.join(below).display().to_string());
        }
        // The screen's own size would be the window's greatest.
        let screen = format!("{width}x{height}x24");
        let display = all.first_line(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &screen,
            "-nolisten",
            "tcp",
        ]))?;
        all.environment.insert("DISPLAY", format!(":{display}"));
        let bus = all.first_line(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--print-address",
        ]))?;
        all.environment.insert("DBUS_SESSION_BUS_ADDRESS", bus);
        all.unlock_keyring()?;
        Ok(all)
    }

    /// Sets variables for what is started from now on.
    pub fn set(&mut self, variables: impl IntoIterator<Item = (&'static str, String)>) {
        self.environment.extend(variables);
    }

    /// What a program needs in its environment to be the same account on the same desktop.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.environment.iter().map(|(name, value)| (*name, value.clone()))
    }

    /// A program that will run here.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11").env("LC_ALL", "C.UTF-8");
        command.envs(&self.environment);
        command
    }

    /// Starts the driver; gives it and the port that it listens on.
    pub(super) fn driver(&self, program: &Path) -> io::Result<(Ended, u16)> {
        let (port, native) = (free_port()?, free_port()?);
        let mut command = self.command(program);
        command.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let driver = Ended::start(&mut command)?;
        let began = Instant::now();
        // Both: the first passes on what comes in before the second listens, and fails by that.
        let listens = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        while !(listens(native) && listens(port)) {
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("the driver doesn't listen"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok((driver, port))
    }

    /// Starts a program and reads the one line in which it says how it is reached.
    fn first_line(&mut self, command: &mut Command) -> io::Result<String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut here = self.command(Path::new(&name));
        here.args(command.get_args()).stdin(Stdio::null()).stdout(Stdio::piped());
        here.stderr(Stdio::null());
        let mut program = Ended::start(&mut here)?;
        let mut line = String::new();
        if let Some(output) = program.0.stdout.take() {
            BufReader::<ChildStdout>::new(output).read_line(&mut line)?;
        }
        self.running.insert(0, program);
        let line = line.trim().to_owned();
        if line.is_empty() {
            return Err(io::Error::other(format!("`{name}` ended at once")));
        }
        Ok(line)
    }

    fn unlock_keyring(&mut self) -> io::Result<()> {
        let mut command = self.command(Path::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = Ended::start(&mut command)?;
        if let Some(mut input) = daemon.0.stdin.take() {
            // The keyring is as temporary as its folder.
            input.write_all(b"surroundings")?;
        }
        self.running.insert(0, daemon);
        let began = Instant::now();
        while !self.owns("org.freedesktop.secrets")? {
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("the keyring doesn't answer"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Whether somebody on the bus has a name.
    fn owns(&self, name: &str) -> io::Result<bool> {
        let mut command = self.command(Path::new("dbus-send"));
        command.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]);
        command.args(["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")]);
        let output = command.stdin(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).contains("boolean true"))
    }
}

impl Ended {
    fn start(command: &mut Command) -> io::Result<Self> {
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        Ok(Self(command.spawn()?))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::TERM);
            let began = Instant::now();
            while matches!(self.0.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(3)
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// The first program that is missing here.
#[must_use]
pub fn missing() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&path).any(|one| one.join(name).is_file());
    PROGRAMS.iter().copied().find(|name| !is_there(name))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
