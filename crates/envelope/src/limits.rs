//! What a reader accepts: sizes that the format leaves open, and suites that don't commit.

/// The largest value of each field whose size the format leaves to its writer.
///
/// A reader checks each before it allocates or derives anything. The defaults take whatever the
/// AWS Encryption SDKs write by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Encrypted data keys in the header. Each may cost a call to a key service.
    pub entries: u16,
    /// Bytes of each of an entry's three fields.
    pub entry_field: u16,
    /// Bytes of the encoded encryption context.
    pub context: u16,
    /// Bytes of the whole header.
    pub header: u32,
    /// Bytes of a frame: held in memory until its tag is verified.
    pub frame: u32,
    /// Bytes of a body of one piece: held in memory until its tag is verified.
    pub unframed_body: u64,
    /// Bytes of the footer's signature. One over P-384 has at most 104.
    pub signature: u16,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            entries: 64,
            entry_field: 8 * 1024,
            context: u16::MAX,
            header: 512 * 1024,
            frame: 16 * 1024 * 1024,
            unframed_body: 32 * 1024 * 1024,
            signature: 256,
        }
    }
}

/// Which suites a reader accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    non_committing: bool,
}

impl Accept {
    /// Only suites that commit to their key: format 2. The default.
    #[must_use]
    pub fn committing() -> Self {
        Self::default()
    }

    /// Format 1 too, whose suites don't commit: whoever wrote such a message may have made it open
    /// to different plaintexts under different keys. Only for reading what older clients wrote.
    #[must_use]
    pub fn non_committing() -> Self {
        Self { non_committing: true }
    }

    pub(crate) fn allows_non_committing(self) -> bool {
        self.non_committing
    }
}
