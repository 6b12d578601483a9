//! `ui`

use crate::args::UiArgs;
use crate::ending::Ending;
use crate::exit::Exit;
use crate::files::project;
use crate::terminal::{Paint, print_error_line, print_line};
use rust_embed::RustEmbed;
use std::process::{Command, Stdio};
use understudy_api::{ApiError, Engine, serve_ui};

/// The front end, as it was built into this program. A program that is built before the front end has none.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct FrontEnd;

pub(crate) fn run(args: &UiArgs) -> Result<Exit, ApiError> {
    let root = project(args.project.as_deref(), &args.allowed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let ending = Ending::new();
        let engine = Engine::open(&root).await?;
        let assets = |path: &str| FrontEnd::get(path).map(|file| file.data.into_owned().into());
        let server = serve_ui(engine.clone(), assets, args.port).await?;
        let url = &server.address.url;
        print_line(format_args!("Understudy is at {}", Paint::stdout().bold(url)));
        if let Some(pid) = engine.other().await {
            print_error_line(format_args!(
                "The project is open in another Understudy (process {pid}): both show the same"
            ));
            if !args.allowed.outside.is_empty() {
                print_error_line(format_args!(
                    "--allow-outside counts once that process has ended: it reads the files"
                ));
            }
        }
        if !args.no_open {
            open_in_browser(&server.address.once_url);
        }
        ending.came().await;
        server.close().await;
        Ok(Exit::Fine)
    })
}

/// Where nothing can be opened, the printed URL is there.
fn open_in_browser(url: &str) {
    let (program, args): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(target_os = "windows") {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let quiet = || Stdio::null();
    let _ = Command::new(program).args(args).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
