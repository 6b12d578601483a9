//! How programs that go on are ended.

use tokio::sync::mpsc;

/// Hears of it as soon as it is made: whoever reads that a program listens may end it at once.
pub(crate) struct Ending(mpsc::Receiver<()>);

impl Ending {
    /// Needs a runtime.
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(1);
        listen(&sender);
        Self(receiver)
    }

    /// Waits until somebody ends the program: with Ctrl-C or, as service managers do, with SIGTERM. Where that cannot be
    /// heard, nobody does.
    pub(crate) async fn came(mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
fn listen(sender: &mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let Ok(mut signal) = signal(kind) else { continue };
        let sender = sender.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                let _ = sender.try_send(());
            }
        });
    }
}

#[cfg(not(unix))]
fn listen(sender: &mpsc::Sender<()>) {
    let sender = sender.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            let _ = sender.try_send(());
        }
    });
}
