//! What the agreed description answers, where no fixture does.

use crate::decide::Plan;
use crate::event::{Answered, Wrong};
use crate::problem;
use crate::snapshot::{Described, Snapshot};
use bytes::Bytes;
use http::header::VARY;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use understudy_exchange::Request;
use understudy_match::{Chance, Incoming, Rendered};
use understudy_openapi::{Answer, Asking};

/// Whether the description has an operation for a request.
pub(crate) fn knows(snapshot: &Snapshot, request: &Request) -> bool {
    known_operation(snapshot, request).is_some()
}

/// Returns the name of the description's operation for a request.
pub(crate) fn known_operation(snapshot: &Snapshot, request: &Request) -> Option<String> {
    let Described { description, base, .. } = snapshot.described.as_ref()?;
    let operation = description.operation(request, base)?;
    Some(description.operations[operation].name().to_owned())
}

fn knows_method(snapshot: &Snapshot, request: &Request) -> bool {
    snapshot.index.methods(&Incoming::new(request)).contains(&request.method)
}

/// The operations that are near to what a request asks for, where there is a description.
pub(crate) fn nearest(snapshot: &Snapshot, request: &Request) -> Option<Vec<String>> {
    let Described { description, base, .. } = snapshot.described.as_ref()?;
    let near = description.nearest(request.path(), base);
    Some(near.into_iter().map(|operation| format!("{} {}", operation.method, operation.key())).collect())
}

/// What the description answers; `None` where it knows nothing of the path.
pub(crate) fn describe<'s>(
    snapshot: &'s Snapshot,
    request: &Request,
    otherwise: &Plan,
    chance: &mut Chance,
) -> Option<(Rendered, Answered<'s>)> {
    let Described { description, base, requests } = snapshot.described.as_ref()?;
    let asking = Asking { base, requests: *requests, chance: chance.bits() };
    let line = || problem::request_line(request);
    match description.answer(request, asking) {
        Answer::Response(answer) => {
            let mut headers = answer.headers;
            if snapshot.cors && !headers.contains_key(VARY) {
                headers.insert(VARY, HeaderValue::from_static("origin"));
            }
            let operation = description.operations[answer.operation].name();
            let wrong = problem::wrong(&answer.violations);
            problem::errors(&answer.violations, &mut headers);
            Some((
                Rendered { status: answer.status, headers, body: answer.body },
                Answered::Description { operation, wrong },
            ))
        }
        Answer::Refused(refusal) => {
            let operation = description.operations[refusal.operation].name();
            let wrong = problem::wrong(&refusal.violations);
            let rendered = problem::refused(&snapshot.name, &line(), operation, refusal);
            Some((rendered, Answered::Description { operation, wrong }))
        }
        // A fixture has this method, and wants something else of the request: that is worth more to know.
        Answer::OtherMethods(_) if knows_method(snapshot, request) => None,
        Answer::OtherMethods(mut methods) => {
            if let Plan::OtherMethods(fixtures) | Plan::Options(fixtures) = otherwise {
                methods.extend(fixtures.iter().cloned());
            }
            methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            methods.dedup();
            if request.method == Method::OPTIONS {
                let mut headers = HeaderMap::new();
                problem::allow(&methods, &mut headers);
                let rendered = Rendered { status: StatusCode::NO_CONTENT, headers, body: Bytes::new() };
                return Some((rendered, Answered::Server("options")));
            }
            let rendered = problem::other_methods(&snapshot.name, &line(), &methods);
            let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let words = format!("the path is known with {}", names.join(", "));
            Some((rendered, Answered::Nobody(Wrong { places: words.clone(), words })))
        }
        Answer::Nothing => None,
    }
}
