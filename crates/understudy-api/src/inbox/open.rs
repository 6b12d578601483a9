//! The inbox of a project, wherever its recordings are open: here, or in a program that records just now.

use super::{Chosen, Inbox, InboxView, Proposal, Settled, unknown};
use crate::app::{AcceptProposals, COMMAND_TIMEOUT, DiscardProposals, ProposalRef, Text, ask_app};
use crate::error::{ApiError, Code};
use crate::local::{Holder, Role, other};
use crate::root::Root;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;

/// A project's inbox.
#[derive(Debug)]
pub struct OpenInbox {
    /// Recordings that were damaged, and where they were put.
    pub damaged: Vec<PathBuf>,
    at: At,
}

#[derive(Debug)]
enum At {
    Here(Box<Inbox>),
    There(Holder, Box<InboxView>),
}

impl OpenInbox {
    /// Opens a project's inbox.
    ///
    /// # Errors
    /// No project, or recordings that cannot be read, or that another program has open which does not say where it is.
    pub async fn of(root: &Root) -> Result<Self, ApiError> {
        match Inbox::open(root) {
            Ok(inbox) => Ok(Self { damaged: inbox.damaged.clone(), at: At::Here(Box::new(inbox)) }),
            Err(error) if error.code == Code::Conflict => {
                let holder =
                    other(root, Role::Record).or_else(|| other(root, Role::App)).ok_or_else(|| error.clone())?;
                let view: InboxView = ask(&holder, "inbox", &serde_json::json!({})).await?;
                Ok(Self { damaged: Vec::new(), at: At::There(holder, Box::new(view)) })
            }
            Err(error) => Err(error),
        }
    }

    /// What is in it.
    #[must_use]
    pub fn view(&self) -> InboxView {
        match &self.at {
            At::Here(inbox) => inbox.view(),
            At::There(_, view) => (**view).clone(),
        }
    }

    /// One of the fixtures that are proposed, and the text of its file.
    ///
    /// # Errors
    /// A name that is not in the inbox.
    pub async fn proposal(&self, id: &str) -> Result<(Proposal, String), ApiError> {
        let view = self.view();
        let proposal = view.proposals.iter().find(|proposal| proposal.id == id).cloned();
        let there = view.proposals.iter().map(|proposal| proposal.id.as_str());
        let proposal = proposal.ok_or_else(|| unknown(id, there))?;
        let chosen = Chosen::one(id);
        let text = match &self.at {
            At::Here(inbox) => inbox.text(&chosen)?,
            At::There(holder, _) => {
                let text: Text = ask(holder, "proposal_text", &ProposalRef { upto: view.upto, chosen }).await?;
                text.text
            }
        };
        Ok((proposal, text))
    }

    /// All that is in it, as an HTTP archive.
    ///
    /// # Errors
    /// There is nothing.
    pub async fn har(&self) -> Result<String, ApiError> {
        match &self.at {
            At::Here(inbox) => inbox.har(),
            At::There(holder, _) => Ok(ask::<Text>(holder, "inbox_har", &serde_json::json!({})).await?.text),
        }
    }

    /// Returns what [`Self::accept`] would do, without doing it.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn plan(&self, chosen: Vec<Chosen>) -> Result<Settled, ApiError> {
        match &self.at {
            At::Here(inbox) => inbox.plan(&chosen),
            At::There(holder, view) => ask(holder, "inbox_plan", &AcceptProposals { upto: view.upto, chosen }).await,
        }
    }

    /// Makes fixtures of what is chosen, or of all that is new where nothing is.
    ///
    /// # Errors
    /// A name that is not in the inbox, or taken; proposals that cannot be one fixture; a file that cannot be written.
    pub async fn accept(&self, chosen: Vec<Chosen>) -> Result<Settled, ApiError> {
        match &self.at {
            At::Here(inbox) => inbox.accept(&chosen),
            At::There(holder, view) => ask(holder, "inbox_accept", &AcceptProposals { upto: view.upto, chosen }).await,
        }
    }

    /// Takes what is proposed out of the inbox: those that are named, or everything.
    ///
    /// # Errors
    /// A name that is not in the inbox; the disk says no.
    pub async fn discard(&self, ids: Vec<String>) -> Result<Settled, ApiError> {
        match &self.at {
            At::Here(inbox) => inbox.discard(&ids),
            At::There(holder, view) => ask(holder, "inbox_discard", &DiscardProposals { upto: view.upto, ids }).await,
        }
    }
}

async fn ask<T: DeserializeOwned>(holder: &Holder, command: &str, request: &impl Serialize) -> Result<T, ApiError> {
    ask_app(holder, command, request, COMMAND_TIMEOUT).await.unwrap_or_else(|| {
        let message =
            format!("another Understudy (process {}) has the recordings open, and does not answer", holder.pid);
        Err(ApiError::new(Code::Conflict, message).with_hint("it may have ended just now: try again"))
    })
}
