//! Makes a workspace to look at: months of an invented provider's life with its tenants, lived through the
//! engine's own operations within seconds.
//!
//! Nothing is written past the engine, so that what it shows is what the engine does: keys are proven,
//! data is encrypted, refusals are refused, and the log verifies. Only the clock is not the system's: it
//! starts [`DAYS`] days ago and is moved forward until it is now. The names are invented, and live here alone.
//! [`scale`] makes a large one, for measurements, and says what it writes by another way.
#![deny(missing_docs)]

mod cast;
mod chance;
mod clock;
mod error;
pub mod scale;
mod stage;
mod story;
mod traffic;

use std::path::Path;

use keyward_workspace::NewSecrets;

pub use error::DemonstrationError;
pub use story::Told;

use stage::Stage;

/// How many days the story goes through, up to today.
pub const DAYS: i64 = 100;

/// Makes the demonstration in a new or empty folder.
///
/// # Errors
/// The workspace's and the engine's, and [`DemonstrationError::NotAsTold`] where an operation came out
/// otherwise than the story has it.
pub async fn make(folder: &Path, secrets: NewSecrets) -> Result<Told, DemonstrationError> {
    let stage = Stage::build(folder, secrets, DAYS).await?;
    story::tell(stage).await
}
