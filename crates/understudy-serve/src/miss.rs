//! The response to a request that nothing matches: the nearest fixtures, the other services of the project that know the
//! request, and files with errors.

use crate::event::Wrong;
use crate::problem::{Members, allow, members, object, rendered};
use crate::surroundings::{Elsewhere, Surroundings};
use http::StatusCode;
use understudy_exchange::Json;
use understudy_match::{Difference, Explanation, Near, Rendered};

/// Everything that is known about a request that nothing matches.
#[derive(Debug)]
pub(crate) struct Miss<'m> {
    pub(crate) service: &'m str,
    /// `GET /pets`
    pub(crate) request: &'m str,
    pub(crate) explanation: &'m Explanation,
    /// The operations of the description that are near; `None` without a description.
    pub(crate) operations: Option<&'m [String]>,
    /// The other services that know the request.
    pub(crate) elsewhere: &'m [Elsewhere],
    pub(crate) surroundings: &'m Surroundings,
}

impl Miss<'_> {
    /// Returns the response: 405 if only the method is another one, else 404.
    pub(crate) fn response(&self) -> Rendered {
        let allowed = &self.explanation.allowed;
        let (status, kind, title) = if !allowed.is_empty() {
            (StatusCode::METHOD_NOT_ALLOWED, "other-methods", "No fixture answers this method")
        } else if self.operations.is_some() {
            (StatusCode::NOT_FOUND, "no-fixture", "Neither a fixture nor the description answers this request")
        } else {
            (StatusCode::NOT_FOUND, "no-fixture", "No fixture answers this request")
        };
        let detail = self.in_words(&ToString::to_string, self.surroundings.broken_in_words(self.service));
        let mut all = members(status, kind, title, &detail);
        all.push(("service", Json::string(self.service)));
        all.push(("request", Json::string(self.request)));
        all.push(("nearest", Json::Array(self.explanation.near.iter().map(nearest).collect())));
        if let Some(operations) = self.operations {
            all.push(("operations", Json::Array(operations.iter().map(Json::string).collect())));
        }
        if !self.elsewhere.is_empty() {
            all.push(("elsewhere", Json::Array(self.elsewhere.iter().map(elsewhere).collect())));
        }
        if let Some(broken) = self.surroundings.broken(self.service) {
            let files = Json::Number((self.surroundings.broken_files() as u64).into());
            all.push((
                "errors",
                object(vec![
                    ("files", files),
                    ("place", Json::string(&broken.place)),
                    ("message", Json::string(&broken.message)),
                ]),
            ));
        }
        let mut rendered = rendered(status, all);
        if !allowed.is_empty() {
            allow(allowed, &mut rendered.headers);
        }
        rendered
    }

    /// Returns the same for those who watch.
    pub(crate) fn wrong(&self) -> Wrong {
        Wrong {
            words: self.in_words(&ToString::to_string, self.surroundings.broken_in_short(self.service)),
            places: self
                .in_words(&|difference| difference.place.clone(), self.surroundings.broken_in_short(self.service)),
        }
    }

    /// Returns the whole report in one line.
    fn in_words(&self, show: &dyn Fn(&Difference) -> String, broken: Option<String>) -> String {
        let mut all = Vec::new();
        let near = self.near_in_words(show);
        let has_operations = self.operations.is_some_and(|operations| !operations.is_empty());
        if !(self.explanation.near.is_empty() && has_operations) {
            all.push(near);
        }
        if let Some(operations) = self.operations.filter(|operations| !operations.is_empty()) {
            all.push(format!("the description has {}", operations.join(", ")));
        }
        all.extend(self.elsewhere.iter().map(ToString::to_string));
        all.extend(broken);
        all.join("; ")
    }

    /// The nearest fixtures and what did not match.
    fn near_in_words(&self, show: &dyn Fn(&Difference) -> String) -> String {
        let near = &self.explanation.near;
        if !near.is_empty() {
            let all: Vec<String> = near.iter().map(|near| one_near(near, show)).collect();
            return format!("nearest: {}", all.join(", "));
        }
        let has_errors = self.surroundings.broken(self.service).is_some();
        match (self.explanation.fixtures, self.operations) {
            (0, None) if has_errors => "the service has no fixtures (files with errors are left out)".to_owned(),
            (0, None) => "the service has no fixtures".to_owned(),
            (_, Some(_)) => "nothing is near".to_owned(),
            _ if !self.elsewhere.is_empty() => "no fixture of this service is near".to_owned(),
            _ if has_errors => "no fixture is near (files with errors are left out)".to_owned(),
            _ => "no fixture is near".to_owned(),
        }
    }
}

fn one_near(near: &Near, show: &dyn Fn(&Difference) -> String) -> String {
    let behind = near.behind.iter().map(|why| format!("matches, but {why}"));
    let differences = near.differences.iter().map(show).chain(near.slip.clone()).chain(behind);
    format!("{} ({})", near.fixture.id, differences.collect::<Vec<_>>().join("; "))
}

fn nearest(near: &Near) -> Json {
    let differences = near.differences.iter().map(|difference| {
        object(vec![
            ("place", Json::string(difference.place.clone())),
            ("expected", Json::string(difference.expected.clone())),
            ("received", Json::string(difference.received.clone())),
        ])
    });
    let mut all: Members = vec![
        ("fixture", Json::string(&*near.fixture.id)),
        ("file", Json::string(&*near.fixture.file)),
        ("differences", Json::Array(differences.collect())),
    ];
    all.extend(near.slip.as_ref().map(|slip| ("slip", Json::string(slip))));
    all.extend(near.behind.as_ref().map(|why| ("behind", Json::string(why))));
    object(all)
}

fn elsewhere(elsewhere: &Elsewhere) -> Json {
    let mut all: Members = vec![
        ("service", Json::string(&elsewhere.service)),
        ("url", Json::string(&elsewhere.url)),
        (if elsewhere.answers { "answered_by" } else { "has_path" }, Json::string(&elsewhere.known_as)),
    ];
    all.extend(elsewhere.path.as_ref().map(|path| ("path", Json::string(path))));
    object(all)
}
