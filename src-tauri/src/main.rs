//! The window: a shell around the engine, with no logic of its own.

#![allow(clippy::exit, reason = "tauri's generated code ends the process where its own settings are broken")]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod menu;
mod opening;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::ipc::{InvokeBody, Request, Response};
use tauri::{AppHandle, Emitter, Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tokio::sync::watch;
use understudy_api::{ApiError, Engine};

/// The project that is open.
pub(crate) struct Opened(watch::Sender<Opening>);

/// The folder that another start of the program named, until the page has saved what is typed.
pub(crate) struct Wanted(Mutex<Option<PathBuf>>);

#[derive(Clone)]
enum Opening {
    /// The first one is being opened: calls wait for it.
    First,
    /// Another one is: what is still asked for is about the one before, and must not reach it.
    Another,
    Done(Option<Arc<Engine>>),
}

impl Opening {
    fn engine(&self) -> Option<Arc<Engine>> {
        match self {
            Self::Done(engine) => engine.clone(),
            Self::First | Self::Another => None,
        }
    }
}

impl Opened {
    /// The engine, once it is known whether there is one.
    async fn get(&self) -> Option<Arc<Engine>> {
        let mut opening = self.0.subscribe();
        let known = opening.wait_for(|opening| !matches!(opening, Opening::First)).await.ok()?;
        known.engine()
    }

    fn set(&self, opening: Opening) -> Option<Arc<Engine>> {
        self.0.send_replace(opening).engine()
    }

    /// The folder that is open.
    fn root(&self) -> Option<PathBuf> {
        self.0.borrow().engine().map(|engine| engine.root().to_path_buf())
    }
}

/// Carries a call of the page to the engine: the command's name in a header, its request as JSON in the body.
#[tauri::command]
async fn engine(request: Request<'_>, opened: State<'_, Opened>) -> Result<Response, Value> {
    let command = request.headers().get("command").and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let body = match request.body() {
        InvokeBody::Raw(bytes) => bytes.clone(),
        InvokeBody::Json(value) => value.to_string().into_bytes(),
    };
    let Some(app) = opened.get().await else { return Err(Value::Null) };
    let answer = app.call(&command, &body).await;
    answer.map(Response::new).map_err(|error| serde_json::to_value(error).expect("an error is JSON"))
}

/// The projects that were opened last, the latest first.
#[tauri::command]
#[allow(clippy::needless_pass_by_value, reason = "a command is given its handle")]
fn recent_projects(app: AppHandle) -> Vec<String> {
    opening::recent(&app).iter().map(|folder| folder.to_string_lossy().into_owned()).collect()
}

/// Opens one of the projects that were opened last, the sample, or a folder that is asked for.
#[tauri::command]
async fn open_project(app: AppHandle, door: String) {
    // Opening waits for the engine, which the page's own calls must not.
    let opened = tauri::async_runtime::spawn_blocking(move || match door.as_str() {
        "folder" => menu::choose_folder(&app),
        "sample" => menu::open_sample(&app),
        "wanted" => {
            let wanted = app.state::<Wanted>().0.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(folder) = wanted {
                open(&app, &folder);
            }
        }
        // The page names only what it was told: any other folder is chosen in the dialog.
        folder => {
            if let Some(folder) = opening::recent(&app).into_iter().find(|known| known == Path::new(folder)) {
                open(&app, &folder);
            }
        }
    });
    let _ = opened.await;
}

fn main() {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let mut builder = tauri::Builder::default();
    // Where there is no session bus, there is nobody to ask for another instance.
    if opening::has_session_bus() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, args, folder| {
            let folder = args.get(1).map(|named| PathBuf::from(folder).join(named));
            match folder {
                Some(folder) => {
                    *app.state::<Wanted>().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder);
                    // The page saves what is typed first.
                    drop(app.emit("action", "open-wanted"));
                    focus(app);
                }
                None => focus(app),
            }
        }));
    }
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(Wanted(Mutex::new(None)))
        .manage(Opened(watch::Sender::new(Opening::First)))
        .invoke_handler(tauri::generate_handler![engine, recent_projects, open_project])
        .menu(menu::build)
        .on_menu_event(|app, event| menu::chosen(app, event.id().as_ref()))
        .setup(move |app| {
            let handle = app.handle();
            let folder = opening::first(folder.as_deref(), handle)?;
            // WebKit starts meanwhile.
            let opener = handle.clone();
            std::thread::spawn(move || {
                if let Err(error) = switch(&opener, &folder) {
                    opener.state::<Opened>().set(Opening::Done(None));
                    show_error(&opener, &error);
                }
            });
            tauri::async_runtime::spawn(end_when_told(handle.clone()));
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Understudy")
                .inner_size(1280.0, 800.0)
                .min_inner_size(720.0, 480.0)
                // Files are dropped on the page.
                .disable_drag_drop_handler()
                .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"))
                .build()?;
            Ok(())
        })
        .on_window_event(|window, event| {
            if let WindowEvent::Destroyed = event
                && window.label() == "main"
            {
                window.app_handle().exit(0);
            }
        })
        .build(tauri::generate_context!())
        .expect("the window's settings are good")
        .run(|app, event| {
            if let RunEvent::Exit = event
                && let Some(engine) = app.state::<Opened>().set(Opening::Done(None))
            {
                tauri::async_runtime::block_on(engine.close());
            }
        });
}

/// Ends as if the window was closed when the session ends.
#[cfg(unix)]
async fn end_when_told(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    if let Ok(mut signal) = signal(SignalKind::terminate()) {
        signal.recv().await;
        app.exit(0);
    }
}

#[cfg(not(unix))]
async fn end_when_told(_: AppHandle) {}

/// Opens another project, and shows it.
pub(crate) fn open(app: &AppHandle, folder: &Path) {
    let is_open =
        app.state::<Opened>().root().is_some_and(|root| root.canonicalize().ok() == folder.canonicalize().ok());
    if is_open {
        return focus(app);
    }
    match switch(app, folder) {
        Ok(()) => {
            focus(app);
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.eval("location.reload()");
            }
        }
        Err(error) => show_error(app, &error),
    }
}

fn switch(app: &AppHandle, folder: &Path) -> Result<(), ApiError> {
    // What cannot be opened does not close what is open.
    let project = understudy_api::open_project(folder)?;
    let another = if app.state::<Opened>().root().is_some() { Opening::Another } else { Opening::First };
    let before = app.state::<Opened>().set(another);
    tauri::async_runtime::block_on(async {
        // Its ports are free again before the next one wants them.
        if let Some(before) = before {
            before.close().await;
        }
        let engine = Engine::of(project).await;
        let opened = Opening::Done(engine.as_ref().ok().cloned());
        if let Some(other) = app.state::<Opened>().set(opened) {
            other.close().await;
        }
        engine?;
        opening::remember(folder, app);
        Ok(())
    })
}

fn focus(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

fn show_error(app: &AppHandle, error: &ApiError) {
    let text = [Some(error.message.clone()), error.hint.clone()].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    app.dialog().message(text).kind(MessageDialogKind::Error).title("Understudy").show(|_| {});
}
