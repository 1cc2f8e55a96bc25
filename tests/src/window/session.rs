//! The window: opened, gone through, looked at, closed.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder,
    error::{CmdError, NewSessionError},
    key::Key,
    wd::Capabilities,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::{
    processes::Processes,
    surroundings::{Ended, Surroundings},
};

/// How long a page may take until it says that it is ready, or shows what is looked for.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How long a page is given to make room for the next one.
const SETTLING: Duration = Duration::from_millis(400);

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its word in the window and in names of files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Why a window can't be driven.
#[derive(Debug)]
pub enum WindowError {
    /// What runs beside it doesn't start.
    Surroundings(io::Error),
    /// The window doesn't open.
    Opening(NewSessionError),
    /// It doesn't do what it is told.
    Driving(CmdError),
    /// Something isn't in the window after a while; what is there instead.
    NotThere {
        /// What it says, or is called.
        name: String,
        /// The text in the window.
        shows: String,
    },
    /// A page isn't ready after a while; what it shows by then.
    NotReady {
        /// Its path.
        page: String,
        /// The text on it.
        shows: String,
    },
}

impl std::fmt::Display for WindowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Surroundings(error) => write!(f, "what the window runs in: {error}"),
            Self::Opening(error) => write!(f, "the window doesn't open: {error}"),
            Self::Driving(error) => write!(f, "the window doesn't follow: {error}"),
            Self::NotThere { name, shows } => {
                write!(f, "`{name}` isn't there after {PATIENCE:?}; the window shows: {shows}")
            }
            Self::NotReady { page, shows } => {
                write!(f, "page `{page}` isn't ready after {PATIENCE:?}; it shows: {shows}")
            }
        }
    }
}

impl std::error::Error for WindowError {}

impl From<io::Error> for WindowError {
    fn from(error: io::Error) -> Self {
        Self::Surroundings(error)
    }
}

impl From<CmdError> for WindowError {
    fn from(error: CmdError) -> Self {
        Self::Driving(error)
    }
}

/// An open window.
pub struct Window {
    client: Client,
    application: PathBuf,
    driver: Ended,
}

impl Window {
    /// Starts the application on a workspace.
    ///
    /// # Errors
    /// [`WindowError::Surroundings`], [`WindowError::Opening`].
    pub async fn open(
        surroundings: &Surroundings,
        driver: &Path,
        application: &Path,
        workspace: &Path,
    ) -> Result<Self, WindowError> {
        let (driver, port) = surroundings.driver(driver)?;
        let options = json!({
            "application": application,
            "args": ["--workspace", std::path::absolute(workspace)?],
        });
        let capabilities = Capabilities::from_iter([(String::from("tauri:options"), options)]);
        let mut client = ClientBuilder::new(HttpConnector::new());
        let address = format!("http://127.0.0.1:{port}");
        let opening = client.capabilities(capabilities).connect(&address);
        // The driver waits for ever where the application ends before it has a window.
        let client = match tokio::time::timeout(PATIENCE * 3, opening).await {
            Ok(client) => client.map_err(WindowError::Opening)?,
            Err(_) => return Err(io::Error::other("the application opens no window").into()),
        };
        Ok(Self { client, application: application.into(), driver })
    }

    /// Unlocks a workspace whose secrets rest in the keyring, as its user does.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn unlock(&self) -> Result<(), WindowError> {
        let script = "if (document.querySelector('nav') !== null) return true; \
                      document.querySelector('main button[type=\"submit\"]:enabled')?.click(); \
                      return false;";
        self.until(script, Vec::new(), "locked").await
    }

    /// Makes the window so large.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn size(&self, width: u32, height: u32) -> Result<(), WindowError> {
        Ok(self.client.set_window_rect(0, 0, width, height).await?)
    }

    /// Chooses light or dark, as another window of the same account would: all of them follow.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn theme(&self, theme: Theme) -> Result<(), WindowError> {
        let script = "const root = document.documentElement; \
                      const key = 'mantine-color-scheme-value'; \
                      const [newValue] = arguments; \
                      localStorage.setItem(key, newValue); \
                      const storageArea = localStorage; \
                      window.dispatchEvent(new StorageEvent('storage', { key, newValue, storageArea })); \
                      return root.dataset.mantineColorScheme === newValue;";
        self.until(script, vec![theme.as_str().into()], theme.as_str()).await?;
        // Colours change over a moment.
        tokio::time::sleep(SETTLING).await;
        Ok(())
    }

    /// Goes to a page, and waits until it shows what it has.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn go(&self, page: &str) -> Result<(), WindowError> {
        self.run("location.hash = arguments[0];", vec![format!("#/{page}").into()]).await?;
        // Until it gives way, the page before is still there and ready.
        tokio::time::sleep(SETTLING).await;
        self.ready(page).await
    }

    /// Waits until the page is ready: `main` says so by `data-ready`.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn ready(&self, page: &str) -> Result<(), WindowError> {
        let script = "const main = document.querySelector('main[data-ready=\"true\"]'); \
                      return main !== null && location.hash.startsWith(arguments[0]);";
        self.until(script, vec![format!("#/{page}").into()], page).await
    }

    /// Runs a script again and again until it says that something is so.
    async fn until(
        &self,
        script: &str,
        arguments: Vec<Value>,
        page: &str,
    ) -> Result<(), WindowError> {
        let began = Instant::now();
        loop {
            // While the page is loaded anew there is no document to ask.
            let asked = self.run(script, arguments.clone()).await;
            if matches!(asked, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let text = self.run("return document.body.innerText;", Vec::new()).await?;
                let shows = text.as_str().unwrap_or_default().chars().take(300).collect();
                return Err(WindowError::NotReady { page: page.into(), shows });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs a script in the page and gives what it returns.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, WindowError> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Types keys to whatever has the focus.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn press(&self, key: Key) -> Result<(), WindowError> {
        Ok(self.client.active_element().await?.send_keys(&char::from(key).to_string()).await?)
    }

    /// What the window shows, as a PNG file.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn picture(&self) -> Result<Vec<u8>, WindowError> {
        Ok(self.client.screenshot().await?)
    }

    /// The application's processes; `None` where the system doesn't tell.
    #[must_use]
    pub fn processes(&self) -> Option<Processes> {
        Processes::of(&self.application, self.driver.id())
    }

    /// The rest of what a driver can do.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes it, so that the application ends in order, and waits until it has: another one that is started
    /// before would find it, and end itself.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn close(self) -> Result<(), WindowError> {
        let processes = self.processes();
        self.client.close().await?;
        let began = Instant::now();
        while processes.as_ref().is_some_and(Processes::run) && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
