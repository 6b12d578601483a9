//! The commands of an inbox, for other programs, while this one records and is no app.

use super::commands::{Text, read};
use super::record::{AcceptProposals, DiscardProposals, ProposalRef, in_background};
use crate::desk::Desk;
use crate::error::{ApiError, Code};
use crate::inbox::Inbox;
use crate::project::open_project;
use crate::root::Root;
use serde::Serialize;
use std::sync::Arc;

/// The inbox of a project that is recorded here.
#[derive(Debug)]
pub(crate) struct InboxOnly {
    pub(crate) root: Root,
    pub(crate) desk: Arc<Desk>,
}

impl InboxOnly {
    /// Does what another program asks for.
    ///
    /// # Errors
    /// What the command says; [`Code::Usage`] for those that only an app knows.
    pub(super) async fn call(self: &Arc<Self>, command: &str, request: &[u8]) -> Result<Vec<u8>, ApiError> {
        let (own, command, request) = (Arc::clone(self), command.to_owned(), request.to_vec());
        in_background(move || own.answer(&command, &request)).await
    }

    fn answer(&self, command: &str, request: &[u8]) -> Result<Vec<u8>, ApiError> {
        let look = |upto| Inbox::read(Arc::new(open_project(&self.root)?), Some(self.desk.log()), upto);
        match command {
            "inbox" => json(&look(u64::MAX)?.view()),
            "proposal_text" => {
                let ProposalRef { upto, chosen } = read(command, request)?;
                json(&Text { text: look(upto)?.text(&chosen)? })
            }
            "inbox_har" => json(&Text { text: look(u64::MAX)?.har()? }),
            "inbox_plan" => {
                let AcceptProposals { upto, chosen } = read(command, request)?;
                json(&look(upto)?.plan(&chosen)?)
            }
            "inbox_accept" => {
                let AcceptProposals { upto, chosen } = read(command, request)?;
                json(&look(upto)?.accept(&chosen)?)
            }
            "inbox_discard" => {
                let DiscardProposals { upto, ids } = read(command, request)?;
                json(&look(upto)?.discard(&ids)?)
            }
            _ => Err(ApiError::new(Code::Usage, format!("`{command}` is no command while a backend is recorded"))),
        }
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    Ok(serde_json::to_vec(value).expect("what is declared here is JSON"))
}
