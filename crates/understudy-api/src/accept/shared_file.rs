//! Files that several bodies are in: what is accepted of one response would change the others.

use crate::project::LoadedService;
use understudy_fixture::model::{Fixture, ResponsePromise};

/// Returns what else is in the body file of a fixture's response, by whatever path or link.
pub(super) fn other_use(loaded: &LoadedService, fixture: &Fixture, response: usize, path: &str) -> Option<String> {
    let place = |path: &str| loaded.folder.join(path).canonicalize().ok();
    let wanted = place(path);
    let is_same = |other: &str| other == path || (wanted.is_some() && place(other) == wanted);
    for other in loaded.fixtures.iter().filter(|other| other.id != fixture.id) {
        if other.request.body_files().any(is_same) {
            return Some(format!("sent by the request of `{}`", other.id));
        }
        if other.responses.iter().filter_map(ResponsePromise::body_file).any(is_same) {
            return Some(format!("the body of `{}`", other.id));
        }
    }
    if fixture.request.body_files().any(is_same) {
        return Some("sent by the fixture's own request".to_owned());
    }
    let mut others = fixture.responses.iter().enumerate().filter(|(at, _)| *at != response);
    let is_shared = others.any(|(_, response)| response.body_file().is_some_and(is_same));
    is_shared.then(|| "the body of another response of the fixture".to_owned())
}
