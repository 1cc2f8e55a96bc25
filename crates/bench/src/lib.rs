//! Keyward's measurements, as ratios in one run.

pub mod envelope;
