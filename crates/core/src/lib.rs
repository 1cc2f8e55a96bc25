//! The words of Keyward as types: ids, root key references and their states, encryption context,
//! regions, roles and stable codes.
//!
//! A value of a type here is valid: parsing is the only way to make one from text. Nothing here does
//! I/O, reads a clock or makes randomness; both are parameters where they are needed.
#![deny(missing_docs)]

mod code;
mod context;
mod custody;
mod id;
mod logged_names;
mod name;
pub mod reference;
mod region;
mod role;
mod secret;
mod state;

pub use code::{Code, ExitClass};
pub use context::{ContextError, EncryptionContext, keys};
pub use custody::Custody;
pub use id::{ChallengeId, DataKeyId, IdError, ObjectId, RequestId, RootKeyId, WorkspaceId};
pub use logged_names::{LoggedNames, LoggedNamesError};
pub use name::{DatasetName, NameError, ObjectName, TenantId};
pub use reference::{Provider, ReferenceError, RootKeyReference};
pub use region::{Region, RegionError};
pub use role::{Actor, Role};
pub use secret::SecretKey;
pub use state::{KeyState, TransitionError};
