//! The real npm, pip and uv, in the sandbox, against a registry of our own on the loopback.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, Once};

use base64::Engine as _;
use sha2::Digest as _;

use lightsout::names::Sha256;
use lightsout::perimeter::dependencies::{Dependencies, Error, Kind, ManifestError, install};
use lightsout::perimeter::import::{File, Mode, RelPath, Tree};
use lightsout::perimeter::sandbox::set_executable;
use lightsout::perimeter::tools::{Lock, Machine, Origin, Tools};

/// A registry: paths and what they answer.
struct Registry {
    address: String,
    pages: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let (pages, asked) = (registry.pages.clone(), registry.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or("").to_owned();
                let page = pages.lock().unwrap().get(&path).cloned();
                asked.lock().unwrap().push(head.clone());
                let (status, body) =
                    page.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
                let kind = if body.starts_with(b"<") {
                    "text/html"
                } else {
                    "application/octet-stream"
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // A client that hangs up early is the client's affair.
                let sent: std::io::Result<()> = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body));
                drop(sent);
            }
        });
        registry
    }

    fn put(&self, path: &str, body: Vec<u8>) {
        self.pages.lock().unwrap().insert(path.to_owned(), body);
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn was_told(&self, header: &str) -> bool {
        let asked = self.asked.lock().unwrap();
        let lower = |head: &String| head.to_ascii_lowercase();
        asked.iter().any(|head| lower(head).contains(header))
    }

    fn environment(&self, home: &Path) -> Vec<(OsString, OsString)> {
        let variables = [
            ("HOME", home.display().to_string()),
            ("NPM_CONFIG_REGISTRY", format!("{}/npm/", self.address)),
            ("PIP_INDEX_URL", format!("{}/simple/", self.address)),
            ("AWS_SECRET_ACCESS_KEY", "CANARY".to_owned()),
            ("NODE_OPTIONS", "--require /nonexistent/evil.js".to_owned()),
            ("PYTHONPATH", "/nonexistent".to_owned()),
        ];
        variables
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec()
    }
}

struct Place {
    folder: tempfile::TempDir,
    tools: Tools,
    registry: Registry,
}

impl Place {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests find the machine's own npm and python on its search path"
    )]
    fn new() -> Self {
        static NAMED: Once = Once::new();
        NAMED.call_once(|| {
            set_executable(env!("CARGO_BIN_EXE_lightsout").into()).unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine {
            path: std::env::var_os("PATH").unwrap(),
            home: std::env::var_os("HOME").unwrap().into(),
            forwarded: Vec::new(),
            proxy: None,
        };
        let home = folder.path().join("lightsout");
        let tools = Tools::open(&home, Lock::built_in().unwrap(), machine, Origin::Home).unwrap();
        Self {
            folder,
            tools,
            registry: Registry::start(),
        }
    }

    async fn install(&self, base: &Tree) -> Result<Option<Dependencies>, Error> {
        install(
            base,
            &self.tools,
            &self.registry.environment(self.folder.path()),
        )
        .await
    }
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, text) in files {
        let file = File::new(Mode::Plain, text.as_bytes().to_vec());
        tree.add(RelPath::new(path).unwrap(), file).unwrap();
    }
    tree
}

/// A package whose install script leaves a marker, as `npm pack` would pack it.
fn npm_package(marker: &Path) -> Vec<u8> {
    let json = format!(
        r#"{{"name":"tiny","version":"1.0.0","main":"index.js","bin":"index.js","scripts":{{"preinstall":"touch {0}","install":"touch {0}","postinstall":"touch {0}"}}}}"#,
        marker.display()
    );
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    for (path, text) in [
        ("package/package.json", json.as_str()),
        ("package/index.js", "module.exports = 42\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn npm_base(place: &Place, integrity: Option<&str>) -> Tree {
    let marker = place.folder.path().join("marker");
    let package = npm_package(&marker);
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha512::digest(&package));
    let integrity = integrity.map_or_else(|| format!("sha512-{hash}"), ToOwned::to_owned);
    let tarball = format!("{}/npm/tiny/-/tiny-1.0.0.tgz", place.registry.address);
    let packument = format!(
        r#"{{"name":"tiny","dist-tags":{{"latest":"1.0.0"}},"versions":{{"1.0.0":{{"name":"tiny","version":"1.0.0","hasInstallScript":true,"dist":{{"tarball":"{tarball}","integrity":"sha512-{hash}"}}}}}}}}"#
    );
    place.registry.put("/npm/tiny", packument.into_bytes());
    place.registry.put("/npm/tiny/-/tiny-1.0.0.tgz", package);
    let lock = format!(
        r#"{{"name":"site","lockfileVersion":3,"packages":{{"":{{"name":"site","dependencies":{{"tiny":"1.0.0"}}}},"node_modules/tiny":{{"version":"1.0.0","integrity":"{integrity}","hasInstallScript":true}}}}}}"#
    );
    tree(&[
        ("Pulumi.yaml", "name: site\nruntime: nodejs\n"),
        (
            "package.json",
            r#"{"name":"site","dependencies":{"tiny":"1.0.0"},"scripts":{"postinstall":"exit 1"}}"#,
        ),
        ("package-lock.json", &lock),
        (".npmrc", "script-shell=/nonexistent\n"),
        ("index.js", "throw new Error('the program is not here')\n"),
    ])
}

#[tokio::test]
async fn npm_packages_are_installed_once_and_no_script_runs() {
    let place = Place::new();
    let base = npm_base(&place, None);
    let found = place.install(&base).await.unwrap().unwrap();
    assert_eq!(found.kind(), Kind::Npm);
    let package = found.folder().join("node_modules/tiny");
    assert_eq!(
        fs::read_to_string(package.join("index.js")).unwrap(),
        "module.exports = 42\n"
    );
    // The trap was set, and did not go off.
    assert!(
        fs::read_to_string(package.join("package.json"))
            .unwrap()
            .contains("postinstall")
    );
    assert!(!place.folder.path().join("marker").exists());
    // Of the stack only the lock files were there.
    assert!(!found.folder().join("index.js").exists() && !found.folder().join(".npmrc").exists());
    assert!(!found.folder().join("node_modules/.bin").exists());
    found.verify().unwrap();
    let asked = place.registry.asked();
    let again = place.install(&base).await.unwrap().unwrap();
    assert_eq!(
        (again.hash(), again.manifest_hash()),
        (found.hash(), found.manifest_hash())
    );
    assert_eq!(place.registry.asked(), asked);
}

#[tokio::test]
async fn a_changed_file_is_found_and_installed_anew() {
    let place = Place::new();
    let base = npm_base(&place, None);
    let found = place.install(&base).await.unwrap().unwrap();
    let file = found.folder().join("node_modules/tiny/index.js");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let times = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "module.exports = 43\n").unwrap();
    // Same length, and the times set back.
    fs::File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .set_modified(times)
        .unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let error = found.verify().unwrap_err();
    assert!(
        matches!(error, Error::Manifest(ManifestError::Differs { .. })),
        "{error}"
    );
    let again = place.install(&base).await.unwrap().unwrap();
    assert_eq!(again.manifest_hash(), found.manifest_hash());
    assert_eq!(fs::read_to_string(&file).unwrap(), "module.exports = 42\n");
    fs::write(again.folder().join("node_modules/tiny/added.js"), "").unwrap();
    assert!(again.verify().is_err());
    fs::remove_file(again.folder().join("node_modules/tiny/added.js")).unwrap();
    again.verify().unwrap();
    fs::remove_file(&file).unwrap();
    assert!(again.verify().is_err());
}

#[tokio::test]
async fn another_package_than_the_lock_file_names_is_not_installed() {
    let place = Place::new();
    let other = base64::engine::general_purpose::STANDARD.encode(sha2::Sha512::digest(b"other"));
    let base = npm_base(&place, Some(&format!("sha512-{other}")));
    let error = place.install(&base).await.unwrap_err();
    assert!(error.to_string().contains("EINTEGRITY"), "{error}");
    assert!(!place.folder.path().join("marker").exists());
    // What failed leaves nothing that a later run would take.
    let error = place.install(&base).await.unwrap_err();
    assert!(error.to_string().contains("EINTEGRITY"), "{error}");
}

/// A wheel, which is a zip file; the stored form needs no library.
fn wheel() -> Vec<u8> {
    let record = "tiny.py,,\ntiny-1.0.0.dist-info/METADATA,,\ntiny-1.0.0.dist-info/WHEEL,,\ntiny-1.0.0.dist-info/RECORD,,\n";
    let files = [
        ("tiny.py", "VALUE = 42\n"),
        (
            "tiny-1.0.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\n",
        ),
        (
            "tiny-1.0.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        ("tiny-1.0.0.dist-info/RECORD", record),
    ];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let offset = u32::try_from(out.len()).unwrap();
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        // Version, flags, method stored, time, date, checksum, both lengths, length of the name, of the extra field.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58];
        common.extend(crc.sum().to_le_bytes());
        common.extend(length);
        common.extend(length);
        common.extend(u16::try_from(path.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(path.bytes().chain(text.bytes()));
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 0x81]);
        directory.extend(offset.to_le_bytes());
        directory.extend(path.bytes());
    }
    let start = u32::try_from(out.len()).unwrap();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x04\0\x04\0");
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn pip_base(place: &Place, hash: Option<Sha256>) -> Tree {
    let wheel = wheel();
    let hash = hash.unwrap_or_else(|| Sha256::of(&wheel));
    let name = "tiny-1.0.0-py3-none-any.whl";
    place.registry.put(
        "/simple/tiny/",
        format!("<a href=\"/files/{name}\">{name}</a>").into_bytes(),
    );
    place.registry.put(&format!("/files/{name}"), wheel);
    tree(&[
        ("Pulumi.yaml", "name: site\nruntime: python\n"),
        (
            "__main__.py",
            "raise SystemExit('the program is not here')\n",
        ),
        (
            "pip.py",
            "raise SystemExit('a module of the stack was imported')\n",
        ),
        (
            "requirements.txt",
            &format!("# packages\ntiny==1.0.0 \\\n    --hash=sha256:{hash}\n"),
        ),
    ])
}

#[tokio::test]
async fn pip_packages_are_installed_by_hash() {
    let place = Place::new();
    let found = place
        .install(&pip_base(&place, None))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.kind(), Kind::Pip);
    assert_eq!(
        fs::read_to_string(found.folder().join("tiny.py")).unwrap(),
        "VALUE = 42\n"
    );
    found.verify().unwrap();
    let asked = place.registry.asked();
    place
        .install(&pip_base(&place, None))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(place.registry.asked(), asked);
    let error = place
        .install(&pip_base(&place, Some(Sha256::of(b"other"))))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("DO NOT MATCH THE HASHES"),
        "{error}"
    );
}

#[tokio::test]
async fn a_source_distribution_is_not_built() {
    let place = Place::new();
    let archive = b"not even an archive".to_vec();
    place.registry.put(
        "/simple/tiny/",
        b"<a href=\"/files/tiny-1.0.0.tar.gz\">tiny-1.0.0.tar.gz</a>".to_vec(),
    );
    let base = tree(&[
        ("Pulumi.yaml", "name: site\nruntime: python\n"),
        (
            "requirements.txt",
            &format!("tiny==1.0.0 --hash=sha256:{}\n", Sha256::of(&archive)),
        ),
    ]);
    place.registry.put("/files/tiny-1.0.0.tar.gz", archive);
    let error = place.install(&base).await.unwrap_err();
    assert!(
        error.to_string().contains("No matching distribution"),
        "{error}"
    );
}

#[tokio::test]
async fn two_installations_at_once_make_one() {
    let place = Place::new();
    let base = npm_base(&place, None);
    let (one, other) = tokio::join!(place.install(&base), place.install(&base));
    assert_eq!(
        one.unwrap().unwrap().manifest_hash(),
        other.unwrap().unwrap().manifest_hash()
    );
}

#[tokio::test]
async fn a_program_without_packages_installs_nothing() {
    let place = Place::new();
    for files in [
        &[("Pulumi.yaml", "runtime: yaml\n"), ("package.json", "{")][..],
        &[("Pulumi.yaml", "runtime: nodejs\n")],
        &[
            ("Pulumi.yaml", "runtime: nodejs\n"),
            ("package.json", r#"{"name":"x","dependencies":{}}"#),
        ],
        &[("Pulumi.yaml", "runtime: python\n")],
        &[
            ("Pulumi.yaml", "runtime: python\n"),
            ("requirements.txt", "# nothing\n"),
        ],
    ] {
        assert!(
            place.install(&tree(files)).await.unwrap().is_none(),
            "{files:?}"
        );
    }
    assert_eq!(place.registry.asked(), 0);
}

#[tokio::test]
async fn a_cache_that_others_can_write_is_not_used() {
    let place = Place::new();
    let root = place.tools.home().join("dependencies");
    fs::create_dir_all(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).unwrap();
    let found = place.install(&npm_base(&place, None)).await;
    assert!(matches!(found, Err(Error::NotOurs { .. })), "{found:?}");
}

fn with(
    mut environment: Vec<(OsString, OsString)>,
    more: &[(&str, &str)],
) -> Vec<(OsString, OsString)> {
    environment.retain(|(name, _)| more.iter().all(|(known, _)| name != known));
    environment.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
    environment
}

#[tokio::test]
async fn what_was_reached_is_recorded_and_a_token_reaches_its_registry() {
    let place = Place::new();
    let home = place.folder.path();
    let registry = place.registry.address.strip_prefix("http:").unwrap();
    let npmrc = format!("registry=${{REGISTRY}}/npm/\n{registry}/npm/:_authToken=${{NPM_TOKEN}}\n");
    fs::write(home.join(".npmrc"), npmrc).unwrap();
    let mut environment = with(
        place.registry.environment(home),
        &[
            ("NPM_TOKEN", "open-sesame"),
            ("REGISTRY", &place.registry.address),
        ],
    );
    environment.retain(|(name, _)| name != "NPM_CONFIG_REGISTRY");
    let base = npm_base(&place, None);
    let found = install(&base, &place.tools, &environment)
        .await
        .unwrap()
        .unwrap();
    assert!(place.registry.was_told("authorization: bearer open-sesame"));
    assert!(!place.registry.was_told("canary"));
    let reached = found.reached();
    assert_eq!(reached.len(), 1, "{reached:?}");
    assert!(place.registry.address.ends_with(&reached[0].destination));
    assert!(reached[0].bytes_down > 0);
    // Nothing of what was given is left.
    let left = fs::read_dir(place.tools.home().join("dependencies")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let files = fs::read_dir(found.folder().parent().unwrap()).unwrap();
    assert_eq!(files.count(), 3);
}

#[tokio::test]
async fn a_lock_file_does_not_lead_to_another_host() {
    let place = Place::new();
    let base = npm_base(&place, None);
    let lock = String::from_utf8(base.file("package-lock.json").unwrap().bytes().to_vec()).unwrap();
    let lock = lock.replace(
        "\"integrity\"",
        "\"resolved\":\"https://evil.example/tiny.tgz\",\"integrity\"",
    );
    let package = r#"{"name":"site","dependencies":{"tiny":"1.0.0"}}"#;
    let changed = tree(&[
        ("Pulumi.yaml", "name: site\nruntime: nodejs\n"),
        ("package.json", package),
        ("package-lock.json", &lock),
    ]);
    let error = place.install(&changed).await.unwrap_err();
    assert!(error.to_string().contains("`evil.example:443`"), "{error}");
    assert!(error.is_of_the_lock());
    let python = tree(&[
        ("Pulumi.yaml", "name: site\nruntime: python\n"),
        (
            "requirements.txt",
            &format!(
                "--index-url https://evil.example/simple\ntiny==1.0.0 --hash=sha256:{}\n",
                Sha256::of(b"x")
            ),
        ),
    ]);
    let error = place.install(&python).await.unwrap_err();
    assert!(error.to_string().contains("`evil.example:443`"), "{error}");
}

/// An index may keep its files elsewhere. Only for files that are locked does its word count.
#[tokio::test]
async fn the_index_names_the_host_of_locked_files() {
    let (place, files) = (Place::new(), Registry::start());
    let base = pip_base(&place, None);
    let name = "tiny-1.0.0-py3-none-any.whl";
    let page = |hash: Sha256| {
        format!(
            "<a href=\"{}/{name}#sha256={hash}\">{name}</a>",
            files.address
        )
        .into_bytes()
    };
    files.put(&format!("/{name}"), wheel());
    place
        .registry
        .put("/simple/tiny/", page(Sha256::of(b"other")));
    let error = place.install(&base).await.unwrap_err();
    // pip itself passes over a file with another hash, or asks for it in vain.
    assert_eq!(files.asked(), 0, "{error}");
    place
        .registry
        .put("/simple/tiny/", page(Sha256::of(&wheel())));
    let found = place.install(&base).await.unwrap().unwrap();
    assert!(found.folder().join("tiny.py").is_file() && files.asked() > 0);
    assert_eq!(found.reached().len(), 2);
}

#[tokio::test]
async fn a_folder_of_wheels_is_shown() {
    let place = Place::new();
    let folder = place.folder.path().join("wheels");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tiny-1.0.0-py3-none-any.whl"), wheel()).unwrap();
    let more = [
        ("PIP_FIND_LINKS", folder.to_str().unwrap()),
        ("PIP_NO_INDEX", "1"),
    ];
    let environment = with(place.registry.environment(place.folder.path()), &more);
    let base = pip_base(&place, None);
    let found = install(&base, &place.tools, &environment)
        .await
        .unwrap()
        .unwrap();
    assert!(found.folder().join("tiny.py").is_file());
    assert_eq!((place.registry.asked(), found.reached().len()), (0, 0));
}

fn uv_base(place: &Place) -> Tree {
    drop(pip_base(place, None));
    let address = &place.registry.address;
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"site\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{{ name = \"tiny\" }}]\n\n[package.metadata]\nrequires-dist = [{{ name = \"tiny\" }}]\n\n[[package]]\nname = \"tiny\"\nversion = \"1.0.0\"\nsource = {{ registry = \"{address}/simple\" }}\nwheels = [{{ url = \"{address}/files/tiny-1.0.0-py3-none-any.whl\", hash = \"sha256:{}\" }}]\n",
        Sha256::of(&wheel())
    );
    tree(&[
        ("Pulumi.yaml", "name: site\nruntime: python\n"),
        (
            "pyproject.toml",
            "[project]\nname = \"site\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"tiny\"]\n",
        ),
        ("uv.lock", &lock),
    ])
}

/// Without uv it is named; with it (`pip install uv`) its lock file is installed.
#[tokio::test]
async fn a_uv_lock_needs_uv_and_is_installed_by_pip() {
    let place = Place::new();
    let base = uv_base(&place);
    let path = &place.tools.machine().path;
    if !std::env::split_paths(path).any(|folder| folder.join("uv").is_file()) {
        let error = place.install(&base).await.unwrap_err().to_string();
        assert!(error.contains("`uv` is not on the search path"), "{error}");
        eprintln!("skipped: there is no uv on this machine");
        return;
    }
    let found = place.install(&base).await.unwrap().unwrap();
    assert_eq!(found.kind(), Kind::Pip);
    assert!(found.folder().join("tiny.py").is_file());
}
