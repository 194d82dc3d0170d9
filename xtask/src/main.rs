//! `cargo xtask build`: the crate as WebAssembly, ready for `pkg/build.mjs`.
//! `cargo xtask app <folder>`: an example in Rust, as any app builds itself, into `target/rust-apps/`.
//! `cargo xtask names`: the same code with its function names, for `scripts/size.mjs`.
//! `cargo xtask test-runner`: what cargo runs a wasm test binary with (`.cargo/config.toml`).

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

type Result<T> = std::result::Result<T, String>;

const TARGET: &str = "wasm32-unknown-unknown";

/// The builds of the package: folder under `target/npm/`, cargo features, and what counts.
const BUILDS: [(&str, &str, Aim); 3] = [
    ("default", "npm", Aim::Small),
    ("implicit", "npm,implicit", Aim::Small),
    ("audit", "audit-js", Aim::Fast),
];

/// What a build is optimised for.
#[derive(Clone, Copy)]
enum Aim {
    /// Every byte is downloaded by somebody.
    Small,
    /// It searches gigabytes, in Node or in a page that loads it on demand: with 16 bytes at once, which all of them can.
    Fast,
}

impl Aim {
    fn configuration(self) -> [&'static str; 2] {
        match self {
            Self::Small => [
                "profile.release.opt-level=\"z\"",
                "target.wasm32-unknown-unknown.rustflags=[]",
            ],
            Self::Fast => [
                "profile.release.opt-level=3",
                "target.wasm32-unknown-unknown.rustflags=[\"-Ctarget-feature=+simd128\"]",
            ],
        }
    }
}

fn main() -> ExitCode {
    let mut args = env::args_os();
    args.next();
    let task = args.next().unwrap_or_default();
    let done = match task.to_str() {
        Some("build") => build(),
        Some("app") => app(&PathBuf::from(args.next().unwrap_or_default())),
        Some("names") => names(),
        // The runner's own argument parser wants its program name first.
        Some("test-runner") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(
            std::iter::once("wasm-bindgen-test-runner".into()).chain(args),
        )
        .map_err(|error| format!("{error:#}")),
        _ => Err("usage: cargo xtask build | app <folder> | names | test-runner <test.wasm> …".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<()> {
    require_same_wasm_bindgen(root())?;
    let npm = target().join("npm");
    let _lock = lock(&npm)?;
    assemble(&root().join("pkg/decoder.wat"), &npm.join("decoder.wasm"))?;
    for (name, features, aim) in BUILDS {
        let staging = npm.join(format!("{name}.new"));
        let wasm = compile(features, aim)?;
        bind(
            &wasm,
            &staging,
            &["--remove-name-section", "--remove-producers-section"],
        )?;
        // Swapped in whole: an interrupted build never pairs new glue with an old payload.
        swap(&staging, &npm.join(name))?;
    }
    Ok(())
}

fn names() -> Result<()> {
    let out = target().join("size");
    let _lock = lock(&target().join("npm"))?;
    bind(&compile("npm", Aim::Small)?, &out, &[])
}

fn assemble(wat: &Path, wasm: &Path) -> Result<()> {
    let bytes = wat::parse_file(wat).map_err(|error| error.to_string())?;
    fs::write(wasm, bytes).map_err(at(wasm))
}

/// The manifest takes any version that is compatible, as a library has to. What binds, and what `pkg/build.mjs` looks for in
/// the glue, is of one version: that of the crate
/// in the lockfile of `folder`.
fn require_same_wasm_bindgen(folder: &Path) -> Result<()> {
    let version = |folder: &Path, name: &str| {
        let path = folder.join("Cargo.lock");
        let lock = fs::read_to_string(&path).map_err(at(&path))?;
        let entry = format!("name = \"{name}\"\nversion = \"");
        let found = lock.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
        found
            .map(String::from)
            .ok_or_else(|| format!("{}: there is no {name}", path.display()))
    };
    let (used, ours) = (version(folder, "wasm-bindgen")?, version(root(), "wasm-bindgen-cli")?);
    if used != ours {
        let folder = folder.display();
        return Err(format!(
            "{folder}: wasm-bindgen {used} in Cargo.lock, and what binds here is {ours}: `cargo update -p wasm-bindgen --precise {ours}`"
        ));
    }
    Ok(())
}

/// The name of the package in this folder, which its program has, too.
fn package(folder: &Path) -> Result<String> {
    let path = root().join(folder).join("Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(at(&path))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    name.map(|name| name.trim_matches('"').into())
        .ok_or_else(|| format!("{}: it has no name", path.display()))
}

/// As its user builds it: plainly, and without the settings of this repository, which `RUSTFLAGS` keeps away.
fn app(folder: &Path) -> Result<()> {
    require_same_wasm_bindgen(&root().join(folder))?;
    let out = target().join("rust-apps");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root().join(folder))
        .args(["build", "--locked", "--release", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &out)
        .env("RUSTFLAGS", "-Cstrip=debuginfo")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err(format!("{} does not compile for {TARGET}", folder.display()));
    }
    let wasm = out
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", package(folder)?));
    let to = out.join(folder.file_name().unwrap_or_default());
    remove(&to)?;
    let args = [
        "wasm-bindgen".into(),
        wasm.into(),
        "--out-dir".into(),
        to.into_os_string(),
    ];
    let args = args
        .into_iter()
        .chain(["--target", "web", "--out-name", "app"].map(Into::into));
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args).map_err(|error| format!("wasm-bindgen: {error:#}"))
}

/// Compiles the library with `features` and returns the path of its `.wasm`.
fn compile(features: &str, aim: Aim) -> Result<PathBuf> {
    // The crate is a plain library: `crate-type = ["cdylib", "rlib"]` in the manifest would
    // silently disable LTO (rust-lang/cargo#9672).
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        .args(["rustc", "--locked", "--package", "procore-spa-auth"])
        .args(["--lib", "--crate-type", "cdylib", "--release"])
        .args(["--target", TARGET, "--features", features])
        .args(["--config", &remapped_paths()])
        .args(aim.configuration().map(|line| format!("--config={line}")))
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err(format!(
            "the crate does not compile for {TARGET} with features {features}"
        ));
    }
    Ok(target().join(format!("{TARGET}/release/procore_spa_auth.wasm")))
}

/// Keeps the builder's home out of panic messages: it names a user, and the same source should give
/// the same bytes everywhere.
fn remapped_paths() -> String {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_default();
    let cargo_home = cargo_home.display().to_string().replace('\\', "\\\\");
    format!("target.{TARGET}.rustflags=[\"--remap-path-prefix={cargo_home}=/cargo\"]")
}

/// Writes `core.js`, `core.d.ts` and `core_bg.wasm` into the empty folder `out`.
fn bind(wasm: &Path, out: &Path, flags: &[&str]) -> Result<()> {
    remove(out)?;
    let mut args = vec!["wasm-bindgen".into(), wasm.into(), "--out-dir".into()];
    args.push(out.as_os_str().to_owned());
    // Without the default module path there is no `import.meta` in the glue, which bundlers
    // would turn into a file that is not there.
    args.extend(["--target", "web", "--out-name", "core", "--omit-default-module-path"].map(Into::into));
    // Every browser with WebAssembly as we need it has `TextEncoder.encodeInto`.
    args.extend(["--encode-into", "always"].map(Into::into));
    // For the facade, which replaces a core that has failed.
    args.push("--experimental-reset-state-function".into());
    args.extend(flags.iter().map(Into::into));
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args).map_err(|error| format!("wasm-bindgen: {error:#}"))
}

fn swap(new: &Path, current: &Path) -> Result<()> {
    remove(current)?;
    fs::rename(new, current).map_err(at(current))
}

/// One build at a time: both builds pass through the same `.wasm` file of cargo's.
fn lock(npm: &Path) -> Result<fs::File> {
    fs::create_dir_all(npm).map_err(at(npm))?;
    let path = npm.join(".lock");
    let file = fs::File::create(&path).map_err(at(&path))?;
    file.lock().map_err(at(&path))?;
    Ok(file)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn target() -> PathBuf {
    // An absolute or relative CARGO_TARGET_DIR both mean the same to cargo, which runs in `root`.
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
