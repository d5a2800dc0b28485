//! The real provider of the tests: `tests/fixtures/file-provider`, built once with Go.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{Invocation, UserProgram, run};

/// What the plugin is called; the package is `local`.
pub(crate) const NAME: &str = "pulumi-resource-local";

/// A cold build of the vendor's framework on two loaded cores.
const BUILD_DEADLINE: Duration = Duration::from_secs(30 * 60);

/// The sources, in the order in which they are hashed.
const SOURCES: [&str; 3] = ["go.mod", "go.sum", "main.go"];

/// The path of the built provider: built by whoever comes first, found by its sources' hash afterwards.
pub(crate) async fn file_provider() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/file-provider");
    let mut bytes = Vec::new();
    for name in SOURCES {
        bytes.extend(std::fs::read(source.join(name)).expect("the provider's source is there"));
    }
    let folder = super::target()
        .join("file-provider")
        .join(Sha256::of(&bytes).short());
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let program = folder.join(NAME);
    let lock = std::fs::File::create(folder.join("lock")).expect("the lock can be made");
    let lock = tokio::task::spawn_blocking(move || {
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map(|()| lock)
    });
    let _turn = lock
        .await
        .expect("the thread ends")
        .expect("the lock can be had");
    if !program.exists() {
        build(&source, &folder, &program).await;
    }
    program
}

async fn build(source: &Path, folder: &Path, program: &Path) {
    let lock = lightsout::perimeter::tools::Lock::built_in().expect("the compiled-in lock is one");
    let origin = lightsout::perimeter::tools::Origin::Home;
    let tools =
        lightsout::perimeter::tools::Tools::open(&super::home(), lock, super::machine(), origin)
            .expect("the home folder can be made");
    let go = tools
        .user_tool(UserProgram::Go)
        .await
        .expect("Go is installed");
    let unfinished = folder.join("unfinished");
    let machine = super::machine();
    let mut env = vec![
        ("PATH".into(), machine.path),
        ("HOME".into(), machine.home.into()),
        ("CGO_ENABLED".into(), "0".into()),
        ("GOTOOLCHAIN".into(), "local".into()),
        ("GOFLAGS".into(), "-mod=readonly -buildvcs=false".into()),
    ];
    env.extend(machine.forwarded);
    let invocation = Invocation {
        program: (&go).into(),
        args: vec![
            "build".into(),
            "-trimpath".into(),
            "-o".into(),
            unfinished.clone().into(),
            ".".into(),
        ],
        env,
        cwd: source.to_path_buf(),
        stdin: vec![],
        deadline: BUILD_DEADLINE,
        output_bytes_max: 1024 * 1024,
    };
    let output = run(invocation).await.expect("Go can be started");
    output.success().expect("the provider builds");
    std::fs::rename(&unfinished, program).expect("it can be moved into place");
}
