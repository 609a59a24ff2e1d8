//! Who may build now, where several images are verified at once.
//!
//! Seconds are compared: of a rebuild they are what a developer waits for, so each image is rebuilt by itself. First
//! builds run together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Turns of builds that run together, or alone.
#[derive(Debug, Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many work together.
    together: usize,
    /// How many wait for a turn of their own. Nobody new begins meanwhile: else they would wait for ever.
    waiting: usize,
    is_alone: bool,
}

/// A turn, which ends when this is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    is_alone: bool,
}

impl Turns {
    /// Waits until nobody works alone, or wants to.
    pub(super) fn together(&self) -> Turn<'_> {
        let mut state = self.state();
        while state.is_alone || 0 < state.waiting {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.together += 1;
        Turn { turns: self, is_alone: false }
    }

    /// Waits until nobody else works.
    pub(super) fn alone(&self) -> Turn<'_> {
        let mut state = self.state();
        state.waiting += 1;
        while state.is_alone || 0 < state.together {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
        state.is_alone = true;
        Turn { turns: self, is_alone: true }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        match self.is_alone {
            true => state.is_alone = false,
            false => state.together -= 1,
        }
        drop(state);
        self.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    use super::*;

    #[test]
    fn who_works_alone_works_alone_and_nobody_waits_for_ever() {
        let (turns, working, most) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let pause = || thread::sleep(Duration::from_millis(5));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let together = turns.together();
                        let now = working.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        pause();
                        working.fetch_sub(1, Ordering::SeqCst);
                        drop(together);
                        let _alone = turns.alone();
                        assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0);
                        pause();
                        working.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(1 < most.into_inner());
    }
}
