//! A line on a terminal that shows how far a run is.

use crate::terminal::redraw;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use understudy_api::{Outcome, VerifyProgress};

/// The line.
#[derive(Default)]
pub(super) struct Bar {
    done: AtomicUsize,
    broken: AtomicUsize,
    drawn: Mutex<Option<Instant>>,
}

const BAR_WIDTH: usize = 30;
/// The interval at which the bar is drawn again.
const REDRAW: Duration = Duration::from_millis(50);

impl Bar {
    pub(super) fn progress(self: Arc<Self>) -> VerifyProgress {
        let on_terminal = stderr().is_terminal();
        Arc::new(move |total, result| {
            let Some(result) = result else { return };
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            if result.outcome == Outcome::Broken {
                self.broken.fetch_add(1, Ordering::Relaxed);
            }
            if on_terminal {
                self.draw(done, total);
            }
        })
    }

    fn draw(&self, done: usize, total: usize) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if done < total && drawn.is_some_and(|at| at.elapsed() < REDRAW) {
            return;
        }
        *drawn = Some(Instant::now());
        let filled = BAR_WIDTH * done / total.max(1);
        let broken = self.broken.load(Ordering::Relaxed);
        let bar = format!("{}{}", "=".repeat(filled), " ".repeat(BAR_WIDTH - filled));
        redraw(&format!("[{bar}] {done}/{total}, {broken} broken"));
    }

    pub(super) fn clear(&self) {
        if self.drawn.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            redraw("");
        }
    }
}
