//! What is in the inbox as an HTTP archive, for whoever it is given to. It was stored without secrets.

use crate::addresses::Home;
use crate::project::Project;
use crate::recordings::Recording;
use crate::userinfo;
use std::collections::BTreeMap;
use understudy_fixture::model::Service;
use understudy_import::{HarEntry, HarMessage, Recorded, write_har};
use understudy_match::Moment;
use understudy_net::MessageContent;

/// The archive of these recordings.
pub(crate) fn inbox_har(project: &Project, homes: &BTreeMap<String, Home>, recordings: &[(u64, Recording)]) -> String {
    let service = |name: &str| project.services.iter().find(|loaded| loaded.service.name == name);
    let entry = |(_, recording): &(u64, Recording)| {
        let known = service(&recording.service).and_then(|loaded| backend(&loaded.service));
        let origin = known.unwrap_or_else(|| format!("http://{}.localhost", recording.service));
        // All recordings were rewritten to this address, whatever their backend.
        let home = homes.get(&recording.service).map(Home::shown);
        entry(recording, origin, home.unwrap_or_default())
    };
    let entries: Vec<HarEntry> = recordings.iter().map(entry).collect();
    write_har(&entries, env!("CARGO_PKG_VERSION"))
}

/// The backend's address, where it does not depend on the environment.
fn backend(service: &Service) -> Option<String> {
    let named = service.backends.iter().find(|backend| Some(&backend.name) == service.backend.as_ref());
    let url = &named.or_else(|| service.backends.first())?.url;
    (!url.is_secret()).then(|| userinfo::without(&url.text).trim_end_matches('/').to_owned())
}

fn entry(recording: &Recording, origin: String, backend: String) -> HarEntry {
    let Recording { service, unix_millis, micros, exchange, messages, cut, .. } = recording;
    let Recorded { request, response, redactions } = exchange.clone();
    // A WebSocket is there once the answer is.
    let connected = unix_millis.saturating_mul(1_000).saturating_add(*micros);
    let message = |message: &understudy_net::Message| HarMessage {
        is_sent: message.is_from_client,
        unix_micros: connected.saturating_add(u64::try_from(message.after.as_micros()).unwrap_or(0)),
        content: message.content.as_bytes().to_vec().into(),
        is_text: matches!(message.content, MessageContent::Text(_)),
    };
    HarEntry {
        ended: Moment { unix_millis: unix_millis.saturating_add(micros / 1_000) },
        micros: *micros,
        origin,
        request,
        status: response.status,
        headers: response.headers,
        body: cut.is_none().then_some(response.body),
        messages: messages.iter().map(message).collect(),
        service: service.clone(),
        backend,
        cut: cut.clone(),
        redactions,
        comment: cut.as_ref().map_or_else(|| format!("{service}: recorded"), |why| format!("{service}: {why}")),
    }
}
