//! Bytes on sockets: the only crate that knows hyper and TLS.
//!
//! A server hands requests to a [`Handler`], which reads their bodies or passes them on, and sends what it gives back; a [`Client`] sends one request
//! and says precisely how far it came, because "the backend is down" and "the backend broke its promise" must
//! never be mixed up. Bounds on headers, bodies, connections and time are constants here.
//!
//! What this crate does not know: fixtures, services, what an answer should be.

mod address;
mod certificate;
mod client;
pub mod coding;
mod conformance;
mod connect;
mod edit;
mod failure;
mod file;
mod heard;
mod held;
mod hop;
mod idle;
mod interim;
mod limit;
mod listener;
mod message;
mod own;
#[doc(hidden)]
pub mod parsers;
mod passing;
mod peer;
mod places;
mod pool;
mod probe;
mod proxy;
mod refusal;
mod server;
mod trust;
mod upgrade;
mod upload;
mod websocket;

pub use address::{Address, AddressError, ShownAddress};
pub use client::Client;
pub use connect::CONNECT_TIMEOUT;
pub use edit::Edit;
pub use failure::{Protocol, SendError};
pub use file::{FileBody, OpenFile, Piece};
pub use held::{BODIES_BYTES_MAX, Held};
pub use hop::{end_to_end, end_to_end_of, takes_trailers};
pub use interim::Interim;
pub use listener::{BindError, Host, Listener};
pub use message::{
    BODY_BYTES_MAX, BODY_TIMEOUT, BodyCopy, BodyEnd, BodyProblem, EditedStream, Inbound, Line, Outbound, OutboundBody,
    Reply, Stream, WholeBody,
};
pub use own::{Own, PerThread, own_place};
pub use peer::{Call, Fields, Peer, Upstream};
pub use refusal::{HEADER_FIELDS_MAX, Refusal, RefusalReason};
pub use server::{CONNECTIONS_MAX, HEADER_BYTES_MAX, Handler, Stop, serve};
pub use trust::Authorities;
pub use upgrade::{SocketEnded, UPGRADED_MAX, Upgrade};
pub use websocket::{MESSAGE_BYTES_MAX, MESSAGES_BYTES_MAX, MESSAGES_MAX, Message, MessageContent, SocketCopy};
