//! What was said on WebSockets that were recorded. It can be looked at; a fixture cannot say it yet.

use crate::recordings::Recording;
use crate::report::RedactionReport;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use understudy_exchange::target::percent_decode;
use understudy_net::{Message, MessageContent};

/// How many messages of one WebSocket are shown, the first ones.
const MESSAGES_SHOWN_MAX: usize = 500;
/// How many characters of a message are shown.
const MESSAGE_CHARS_MAX: usize = 4_096;
/// How many bytes of messages are shown of all WebSockets in an inbox.
const SHOWN_BYTES_MAX: usize = 1 << 20;

/// What was said on a WebSocket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Conversation {
    /// By which it is called here: `shop/socket-7`.
    pub id: String,
    /// The service.
    pub service: String,
    /// Where it was asked for: path and query.
    pub target: String,
    /// When, in milliseconds since 1970.
    pub since: u64,
    /// How many messages were kept.
    pub count: usize,
    /// The first of them.
    pub messages: Vec<Spoken>,
    /// The secrets that were replaced.
    pub redactions: Vec<RedactionReport>,
    /// Why not all of it was kept, where it was not.
    pub cut: Option<String>,
}

/// A message as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Spoken {
    /// Whether the client said it, and not the backend.
    pub from_client: bool,
    /// How long after the connection was there.
    pub after_micros: u64,
    /// Its text, or the beginning of it; missing where it is none.
    pub text: Option<String>,
    /// How many bytes it has.
    pub bytes: usize,
}

/// Whether a recording is of a WebSocket, and not of an answer.
pub(crate) fn is_socket(recording: &Recording) -> bool {
    recording.exchange.response.status == StatusCode::SWITCHING_PROTOCOLS
}

/// The id of the WebSocket that has a number among the recordings.
pub(crate) fn id(number: u64, recording: &Recording) -> String {
    format!("{}/socket-{number}", recording.service)
}

/// What was said on the WebSockets among these recordings.
pub(crate) fn conversations(recordings: &[(u64, Recording)]) -> Vec<Conversation> {
    let mut shown_bytes = 0;
    let sockets = recordings.iter().filter(|(_, recording)| is_socket(recording));
    let conversation = |(number, recording): &(u64, Recording)| {
        let shown = recording.messages.iter().take(MESSAGES_SHOWN_MAX).map(spoken).take_while(|message| {
            shown_bytes += message.text.as_ref().map_or(0, String::len);
            shown_bytes <= SHOWN_BYTES_MAX
        });
        Conversation {
            id: id(*number, recording),
            service: recording.service.clone(),
            target: percent_decode(recording.exchange.request.target.as_str()).into_owned(),
            since: recording.unix_millis,
            count: recording.messages.len(),
            messages: shown.collect(),
            redactions: recording.exchange.redactions.iter().map(RedactionReport::new).collect(),
            cut: recording.cut.clone(),
        }
    };
    sockets.map(conversation).collect()
}

fn spoken(message: &Message) -> Spoken {
    let text = match &message.content {
        MessageContent::Binary(_) => None,
        MessageContent::Text(text) => Some(match text.char_indices().nth(MESSAGE_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.clone(),
        }),
    };
    Spoken {
        from_client: message.is_from_client,
        after_micros: u64::try_from(message.after.as_micros()).unwrap_or(u64::MAX),
        text,
        bytes: message.content.as_bytes().len(),
    }
}
