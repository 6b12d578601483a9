//! The app of a project, wherever it runs: here, or in another program that had the project open before.
//!
//! Two windows on one project are two views of one app. The second sends its commands to the first; when the first has gone,
//! the second is the app.

use super::App;
use super::commands::{Nothing, only_reads};
use super::host::{CommandHost, Doer, door};
use super::view::Ports;
use crate::error::{ApiError, Code};
use crate::local::{Door, Hold, Holder, Role, Taken, take};
use crate::project::{Project, open_project};
use crate::root::Root;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use understudy_net::{Address, Call, Client, SendError};

/// How long another program may take for a command: runs and news have bounds of their own that are below it.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(180);
/// How long it may take to say that it is there.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a program that starts may take to say where it is, and one that ends, to give the project back.
const START_MAX: Duration = Duration::from_secs(6);
/// How often it is asked.
const START_PERIOD: Duration = Duration::from_millis(30);

/// The app of a project.
#[derive(Debug)]
pub struct Engine {
    root: Root,
    client: Arc<Client>,
    at: RwLock<At>,
}

#[derive(Debug)]
enum At {
    Here(Here),
    There(Arc<There>),
}

/// The app in this program.
#[derive(Debug)]
struct Here {
    app: Arc<App>,
    /// Takes the commands of other programs, as long as this one has the project.
    commands: Option<(CommandHost, Hold)>,
}

/// The app in another program.
#[derive(Debug)]
struct There {
    pid: u32,
    address: Address,
    headers: HeaderMap,
}

impl Engine {
    /// Opens the project in a folder: here, or through the program that has it open already.
    ///
    /// # Errors
    /// No project there, or one whose file names no service.
    pub async fn open(root: impl Into<Root>) -> Result<Arc<Self>, ApiError> {
        Self::of(open_project(root)?).await
    }

    /// Opens a project that was read just now.
    ///
    /// # Errors
    /// What another program says of itself cannot be used.
    pub async fn of(project: Project) -> Result<Arc<Self>, ApiError> {
        let root = project.root.absolute();
        let client = Arc::default();
        let at = RwLock::new(open(project, &client).await?);
        Ok(Arc::new(Self { root, client, at }))
    }

    /// The project's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The process of the other program whose app this is, if it is not this one's.
    pub async fn other(&self) -> Option<u32> {
        match &*self.at.read().await {
            At::Here(_) => None,
            At::There(there) => Some(there.pid),
        }
    }

    /// Does what a front end asks for.
    ///
    /// # Errors
    /// As [`App::call`].
    pub async fn call(&self, command: &str, request: &[u8]) -> Result<Vec<u8>, ApiError> {
        loop {
            // Nobody holds on to it while a command goes on: some wait for news.
            let there = match &*self.at.read().await {
                At::Here(here) => Err(Arc::clone(&here.app)),
                At::There(there) => Ok(Arc::clone(there)),
            };
            match there {
                Err(app) => return app.call(command, request).await,
                Ok(there) => match there.call(&self.client, command, request, COMMAND_TIMEOUT).await {
                    Asked::Answered(answer) => return answer,
                    Asked::Lost if !only_reads(command) => {
                        let message = "the other Understudy ended before it said what came of it";
                        return Err(
                            ApiError::new(Code::Port, message).with_hint("look whether it was done, and do it again")
                        );
                    }
                    Asked::Lost | Asked::Gone => self.take_over(&there).await?,
                },
            }
        }
    }

    /// Where the other program is gone, this one opens the project, or goes to whoever was faster.
    async fn take_over(&self, gone: &Arc<There>) -> Result<(), ApiError> {
        // Nobody else is kept waiting while it is asked.
        if gone.answers(&self.client).await {
            return Ok(());
        }
        let mut at = self.at.write().await;
        if matches!(&*at, At::There(there) if Arc::ptr_eq(there, gone)) {
            *at = open(open_project(&self.root)?, &self.client).await?;
        }
        Ok(())
    }

    /// Ends the app where it is this program's.
    pub async fn close(&self) {
        if let At::Here(here) = &mut *self.at.write().await {
            here.app.close().await;
            // The project is given back last: whoever takes it finds its ports free.
            if let Some((commands, _hold)) = here.commands.take() {
                commands.close().await;
            }
        }
    }
}

async fn open(project: Project, client: &Arc<Client>) -> Result<At, ApiError> {
    let since = Instant::now();
    loop {
        match take(&project.root, Role::App) {
            Taken::Held(hold) => {
                let app = App::start(project).await?;
                let (commands, door) = door(Doer::App(Arc::clone(&app))).await?;
                hold.say(Some(door), Vec::new())?;
                return Ok(At::Here(Here { app, commands: Some((commands, hold)) }));
            }
            Taken::By(Some(Holder { pid, commands: Some(door), .. })) => {
                let there = There::new(pid, &door)?;
                if there.answers(client).await {
                    return Ok(At::There(Arc::new(there)));
                }
            }
            Taken::By(_) => {}
            Taken::Free => return Ok(At::Here(Here { app: App::start(project).await?, commands: None })),
        }
        if since.elapsed() > START_MAX {
            // Somebody has it and says nothing: both go on, and ports that are taken are said.
            return Ok(At::Here(Here { app: App::start(project).await?, commands: None }));
        }
        tokio::time::sleep(START_PERIOD).await;
    }
}

impl There {
    fn new(pid: u32, door: &Door) -> Result<Self, ApiError> {
        let unusable = |_| ApiError::new(Code::Port, "what another program says of itself cannot be used");
        let address = Address::parse(&format!("http://127.0.0.1:{}", door.port)).map_err(unusable)?;
        let token = HeaderValue::from_str(&format!("Bearer {}", door.token));
        let headers = token.map(|token| HeaderMap::from_iter([(AUTHORIZATION, token)])).unwrap_or_default();
        Ok(Self { pid, address, headers })
    }

    async fn answers(&self, client: &Arc<Client>) -> bool {
        matches!(self.call(client, "actions", b"{}", ANSWER_TIMEOUT).await, Asked::Answered(Ok(_)))
    }

    async fn call(&self, client: &Arc<Client>, command: &str, request: &[u8], timeout: Duration) -> Asked {
        let body = Bytes::copy_from_slice(request);
        let failed = |why: String| {
            let message = format!("another Understudy (process {}) has this project open: {why}", self.pid);
            Asked::Answered(Err(ApiError::new(Code::Port, message).with_hint("close the other one, or work in it")))
        };
        let Ok(target) = format!("/command/{command}").parse() else {
            return failed(format!("`{command}` is no command"));
        };
        let call = Call { method: &Method::POST, target: &target, headers: &self.headers, body: &body };
        match client.to(&self.address).send(call, timeout).await {
            Ok((StatusCode::OK, _, body)) => Asked::Answered(Ok(body.to_vec())),
            Ok((StatusCode::UNPROCESSABLE_ENTITY, _, body)) => match serde_json::from_slice(&body) {
                Ok(error) => Asked::Answered(Err(error)),
                Err(_) => failed("what it says cannot be read: is it of another version?".to_owned()),
            },
            // Somebody else has the port by now.
            Ok((StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, ..)) => Asked::Gone,
            Ok((status, ..)) => failed(format!("it answers with {status}")),
            Err(error) if error.is_unreachable() => Asked::Gone,
            Err(SendError::Closed) => Asked::Lost,
            Err(error) => failed(error.to_string()),
        }
    }
}

/// The ports on which another program's app answers; `None` where it is not there.
pub(crate) async fn ports_of_app(holder: &Holder) -> Option<Vec<u16>> {
    let ports: Ports = ask_app(holder, "ports", &Nothing {}, ANSWER_TIMEOUT).await?.ok()?;
    Some(ports.ports)
}

/// Asks the app of another program; `None` where it is not there.
pub(crate) async fn ask_app<T: DeserializeOwned>(
    holder: &Holder,
    command: &str,
    request: &impl Serialize,
    timeout: Duration,
) -> Option<Result<T, ApiError>> {
    let there = There::new(holder.pid, holder.commands.as_ref()?).ok()?;
    let request = serde_json::to_vec(request).expect("what is declared here is JSON");
    match there.call(&Arc::default(), command, &request, timeout).await {
        Asked::Answered(answer) => Some(answer.and_then(|answer| {
            serde_json::from_slice(&answer).map_err(|error| {
                let message = format!("what another Understudy (process {}) says cannot be read: {error}", there.pid);
                ApiError::new(Code::Port, message).with_hint("is it of another version?")
            })
        })),
        Asked::Gone | Asked::Lost => None,
    }
}

/// What came of asking another program.
enum Asked {
    Answered(Result<Vec<u8>, ApiError>),
    /// It is gone, or is not the one that it was; nothing was done.
    Gone,
    /// It ended while it was asked: what was asked for may have been done.
    Lost,
}
