//! The provider, and how one call runs: on a thread that may block, on a session that nobody else has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use cryptoki::session::Session;
use keyward_core::reference::Pkcs11Key;
use keyward_kms::{KmsError, Reason};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{
    errors::Failure,
    settings::Pkcs11Builder,
    token::{PinMemory, Token},
};

/// HSMs as a provider of root keys.
#[derive(Debug)]
pub struct Pkcs11Kms {
    settings: Arc<Pkcs11Builder>,
    places: Mutex<HashMap<Choice, Arc<Place>>>,
}

/// What a reference says of the token, and not of the key.
type Choice = Vec<Option<String>>;

/// Where a token is, or was: one lost or slow token holds up no other.
#[derive(Clone)]
struct Seat {
    settings: Arc<Pkcs11Builder>,
    place: Arc<Place>,
}

struct Place {
    permits: Arc<Semaphore>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    pins: PinMemory,
}

impl Pkcs11Kms {
    /// Starts from no module at all.
    #[must_use]
    pub fn builder() -> Pkcs11Builder {
        Pkcs11Builder::default()
    }

    pub(crate) fn new(settings: Pkcs11Builder) -> Self {
        Self { settings: Arc::new(settings), places: Mutex::default() }
    }

    /// Runs `work` with the key's token. It is run again, once, where the sessions turn out to be gone.
    pub(crate) async fn call<T, W>(&self, key: &Pkcs11Key, work: W) -> Result<T, KmsError>
    where
        T: Send + 'static,
        W: Fn(&Token, &Session, &Pkcs11Key) -> Result<T, Failure> + Send + 'static,
    {
        let seat = self.seat(key);
        let owned = key.clone();
        let run = async {
            let permits = Arc::clone(&seat.place.permits);
            let permit = permits.acquire_owned().await;
            // The work goes on to its end when nobody waits any longer, and has its session and its
            // permit until then.
            let work = spawn_blocking(move || {
                let _permit = permit;
                seat.run(&owned, &work)
            });
            work.await.unwrap_or_else(|_| Err(Reason::ProviderFault.into()))
        };
        match timeout(self.settings.patience, run).await {
            Ok(result) => result.map_err(|failure| failure.about(key)),
            Err(_) => Err(Failure::from(Reason::TimedOut).about(key)),
        }
    }

    pub(crate) fn settings(&self) -> Arc<Pkcs11Builder> {
        Arc::clone(&self.settings)
    }

    /// Lets PINs be tried that a token has refused.
    pub(crate) async fn forget_refusals(&self) {
        let places: Vec<Arc<Place>> = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.values().cloned().collect()
        };
        // A place is held while it logs in, which a token that hangs never ends.
        let forgive = spawn_blocking(move || {
            for place in places {
                place.held.lock().unwrap_or_else(PoisonError::into_inner).pins.forgive();
            }
        });
        let _ = timeout(self.settings.patience, forgive).await;
    }

    fn seat(&self, key: &Pkcs11Key) -> Seat {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(choice(key)).or_insert_with(|| {
            let permits = Arc::new(Semaphore::new(self.settings.sessions));
            Arc::new(Place { permits, held: Mutex::default() })
        });
        Seat { settings: Arc::clone(&self.settings), place: Arc::clone(place) }
    }
}

impl Seat {
    fn run<T>(
        &self,
        key: &Pkcs11Key,
        work: &impl Fn(&Token, &Session, &Pkcs11Key) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self.attempt(key, work) {
            Err(failure) if failure.lost => self.attempt(key, work),
            other => other,
        }
    }

    fn attempt<T>(
        &self,
        key: &Pkcs11Key,
        work: &impl Fn(&Token, &Session, &Pkcs11Key) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let token = self.token(key)?;
        let result = token.session().and_then(|session| {
            let done = work(&token, &session, key)?;
            // Only now: after a failure an operation could still be active on it, so it is closed.
            token.keep(session);
            Ok(done)
        });
        if let Err(failure) = &result
            && failure.lost
        {
            self.forget(&token);
        }
        result
    }

    /// The token we are logged in to, or the one that is there now. One log-in at a time.
    fn token(&self, key: &Pkcs11Key) -> Result<Arc<Token>, Failure> {
        let mut held = self.place.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = &mut *held;
        if let Some(token) = &held.token {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(Token::open(&self.settings, key, &mut held.pins)?);
        held.token = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Lets a token's sessions go, unless another call has opened new ones already.
    fn forget(&self, lost: &Arc<Token>) {
        let mut held = self.place.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, lost)) {
            held.token = None;
        }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place(..)")
    }
}

fn choice(key: &Pkcs11Key) -> Choice {
    const OF_TOKENS: [&str; 10] = [
        "library-manufacturer",
        "library-description",
        "library-version",
        "slot-manufacturer",
        "slot-description",
        "slot-id",
        "manufacturer",
        "model",
        "serial",
        "token",
    ];
    let path = OF_TOKENS.iter().map(|name| key.path_attribute(name));
    let query = ["module-path", "module-name"].into_iter().map(|name| key.query_attribute(name));
    path.chain(query).map(|value| value.map(str::to_owned)).collect()
}
