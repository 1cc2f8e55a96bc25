//! Memory for unwrapped data keys: kept out of swap where the system allows, wiped when freed.
//!
//! Keys lie in page-sized slabs, since the system locks whole pages and forgets a page's lock as soon
//! as any of its users unlocks it. A slab, once made, lives as long as its arena and is used again.

use std::sync::Arc;

use keyward_core::SecretKey;
use parking_lot::Mutex;
use zeroize::Zeroize;

const PAGE: usize = 4096;
const SLOTS: usize = PAGE / SecretKey::LENGTH;

#[repr(align(4096))]
struct Page([[u8; SecretKey::LENGTH]; SLOTS]);

struct Slab {
    page: Box<Page>,
    free: Vec<usize>,
    /// Held for its drop. `None` where the system refused (`RLIMIT_MEMLOCK`).
    _lock: Option<region::LockGuard>,
}

/// Where unwrapped keys lie.
#[derive(Clone, Default)]
pub(crate) struct LockedMemory(Arc<Mutex<Vec<Slab>>>);

/// One key in locked memory. Wiped on drop.
pub(crate) struct LockedKey {
    memory: LockedMemory,
    slab: usize,
    slot: usize,
}

impl LockedMemory {
    /// Moves a key into locked memory.
    pub(crate) fn hold(&self, key: &SecretKey) -> LockedKey {
        let mut slabs = self.0.lock();
        let slab = match slabs.iter().position(|slab| !slab.free.is_empty()) {
            Some(slab) => slab,
            None => {
                slabs.push(Slab::new());
                slabs.len() - 1
            }
        };
        let slot = slabs[slab].free.pop().expect("a slab with a free slot was chosen or made");
        slabs[slab].page.0[slot].copy_from_slice(key.expose());
        LockedKey { memory: self.clone(), slab, slot }
    }

    /// Whether the system keeps every slab out of swap.
    pub(crate) fn is_locked(&self) -> bool {
        self.0.lock().iter().all(|slab| slab._lock.is_some())
    }

    /// How many keys are held.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().iter().map(|slab| SLOTS - slab.free.len()).sum()
    }
}

impl LockedKey {
    /// A copy of the key for the time of one use. The copy wipes itself.
    pub(crate) fn reveal(&self) -> SecretKey {
        SecretKey::new(self.memory.0.lock()[self.slab].page.0[self.slot])
    }
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        let mut slabs = self.memory.0.lock();
        let slab = &mut slabs[self.slab];
        slab.page.0[self.slot].zeroize();
        slab.free.push(self.slot);
    }
}

impl Slab {
    fn new() -> Self {
        let page = Box::new(Page([[0; SecretKey::LENGTH]; SLOTS]));
        let lock = region::lock(page.0.as_ptr(), PAGE).ok();
        Self { page, free: (0..SLOTS).rev().collect(), _lock: lock }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_and_are_wiped() {
        let memory = LockedMemory::default();
        let keys: Vec<_> = (0..300).map(|n| memory.hold(&SecretKey::new([n as u8; 32]))).collect();
        assert_eq!(memory.len(), 300);
        for (n, key) in keys.iter().enumerate() {
            assert_eq!(key.reveal().expose(), &[n as u8; 32]);
        }
        drop(keys);
        assert_eq!(memory.len(), 0);
        let slabs = memory.0.lock();
        assert_eq!(slabs.len(), 3, "slots are used again, slabs are kept");
        assert!(slabs.iter().all(|slab| slab.page.0.iter().all(|slot| slot == &[0; 32])));
    }
}
