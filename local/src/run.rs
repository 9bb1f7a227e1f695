//! One local run, from nothing to ready, and to the end.

use std::fs;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::flags::Flags;
use crate::front::Front;
use crate::guard::{AUDIENCE, Guard};
use crate::http::serve;
use crate::packages::{self, Packages};
use crate::paths;
use crate::ready::Ready;
use crate::script;
use crate::standins::{
    CUSTOMER_ACCOUNT, MinistackOptions, PLATFORM_ACCOUNT, REGION, Running, start_ministack, start_moto,
};

const STACK: &str = "drawbridge";
const ADMIN_EMAIL: &str = "admin@example.com";
/// What was seeded, kept with the state that it describes.
const SEEDED: &str = "seeded.json";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployed {
    api_id: String,
    outputs: Map<String, Value>,
    functions: Map<String, Value>,
}

/// Starts everything, tells that it is ready, and runs until it is told to stop.
///
/// # Errors
///
/// When a port is taken, or something cannot be installed, built, deployed or seeded. All that was
/// started is stopped by then.
pub async fn run(flags: Flags) -> Result<()> {
    let stop = Arc::new(Notify::new());
    stop_on_signal(&stop)?;
    if flags.stop_on_stdin_eof {
        stop_on_stdin_eof(&stop);
    }
    let api = listen(flags.port, "--port").await?;
    let aws = listen(flags.aws_port, "--aws-port").await?;

    let standins = spawn_blocking({
        let (endpoint, data) = (flags.aws_endpoint_url.clone(), flags.data.clone());
        move || start_standins(endpoint, data)
    });
    let template = paths::workspace().join("template.yaml");
    let packages = spawn_blocking({
        let template = template.clone();
        move || packages::make(&template)
    });
    tracing::info!("building the functions and starting the stand-ins for AWS …");
    let ready = async {
        let standins = standins.await.context("start the stand-ins")??;
        let packages = packages.await.context("build the functions")??;
        deploy_and_seed(&flags, standins, packages, api, aws, &stop).await
    };
    tokio::select! {
        ended = ready => ended,
        () = stop.notified() => Ok(()),
    }
}

struct StandIns {
    aws: Aws,
    moto: Running,
}

enum Aws {
    Own(Running),
    Given(String),
}

impl Aws {
    fn endpoint(&self) -> String {
        match self {
            Self::Own(ministack) => ministack.endpoint(),
            Self::Given(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        }
    }
}

fn start_standins(endpoint: Option<String>, data: Option<std::path::PathBuf>) -> Result<StandIns> {
    let moto = start_moto(None)?;
    let aws = match endpoint {
        Some(endpoint) => Aws::Given(endpoint),
        None => Aws::Own(start_ministack(&MinistackOptions { port: None, data })?),
    };
    Ok(StandIns { aws, moto })
}

async fn deploy_and_seed(
    flags: &Flags,
    standins: StandIns,
    packages: Packages,
    api: TcpListener,
    aws: TcpListener,
    stop: &Arc<Notify>,
) -> Result<()> {
    let ministack = standins.aws.endpoint();
    let aws_endpoint = address(&aws)?;
    let guard = Guard::new(&aws_endpoint, &ministack, &standins.moto.endpoint(), Arc::clone(stop))?;
    let guard = Arc::new(match standins.aws {
        Aws::Own(_) => guard,
        Aws::Given(_) => guard.in_front_of_another_engine(),
    });
    let issuer = guard.issuer().to_owned();
    let guarding = tokio::spawn(serve(aws, move |request| {
        let guard = Arc::clone(&guard);
        async move { guard.answer(request).await }
    }));

    tracing::info!("deploying template.yaml …");
    let api_url = address(&api)?;
    let deployed = deploy(&ministack, &aws_endpoint, &issuer, &api_url, &packages).await?;
    let front = Arc::new(Front::new(api.local_addr()?, &ministack, &deployed.api_id)?);
    let fronting = tokio::spawn(serve(api, move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    }));

    tracing::info!("seeding …");
    let org_id =
        deployed.outputs["OrganizationId"].as_str().context("the stack tells no OrganizationId")?.to_owned();
    let seeded = seed(flags, &api_url, &aws_endpoint, &org_id).await?;
    let ready = Ready {
        api_url,
        aws_endpoint,
        region: REGION.to_owned(),
        org_id,
        platform_account_id: PLATFORM_ACCOUNT.to_owned(),
        customer_account_id: CUSTOMER_ACCOUNT.to_owned(),
        oidc_issuer: issuer,
        oidc_audience: AUDIENCE.to_owned(),
        admin_email: ADMIN_EMAIL.to_owned(),
        outputs: deployed.outputs,
        functions: deployed.functions,
        seeded,
    };
    if let Some(path) = &flags.ready_file {
        ready.write(path)?;
    }
    println!("{}", ready.commands());
    tokio::select! {
        ended = guarding => match ended.context("the guard broke")?? {},
        ended = fronting => match ended.context("the front broke")?? {},
    }
}

async fn deploy(
    ministack: &str,
    aws_endpoint: &str,
    issuer: &str,
    api_url: &str,
    packages: &Packages,
) -> Result<Deployed> {
    let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" };
    let parameters = json!({
        "AdminEmails": ADMIN_EMAIL,
        "AdminPrincipalArns": format!("arn:aws:iam::{PLATFORM_ACCOUNT}:user/deployer"),
        "Architecture": architecture,
        "AwsEndpointUrl": aws_endpoint,
        "OidcAudience": AUDIENCE,
        "OidcIssuer": issuer,
        "OrganizationName": "Example Company",
        // The front's: browsers do not know the API's own host name.
        "PublicUrl": api_url,
    })
    .to_string();
    let packages = json!(packages).to_string();
    let template = paths::workspace().join("template.yaml").display().to_string();
    // Straight to the stand-in: the call log is about what the functions do.
    let endpoint = ministack.to_owned();
    spawn_blocking(move || {
        script::run(
            "deploy template.yaml",
            script::DEPLOY,
            &[&endpoint, &template, STACK, &parameters, &packages],
        )
    })
    .await
    .context("deploy template.yaml")?
}

async fn seed(flags: &Flags, api_url: &str, aws_endpoint: &str, org_id: &str) -> Result<Map<String, Value>> {
    let kept = flags.data.as_ref().map(|data| data.join(SEEDED));
    let known = kept.as_deref().map_or_else(|| Ok(Map::new()), read_seeded)?;
    let wishes = json!({
        "apiUrl": api_url,
        "awsEndpoint": aws_endpoint,
        "region": REGION,
        "orgId": org_id,
        "platformAccount": PLATFORM_ACCOUNT,
        "customerAccount": CUSTOMER_ACCOUNT,
        "demonstration": !flags.empty,
        "known": known,
    })
    .to_string();
    let seeded: Map<String, Value> =
        spawn_blocking(move || script::run("seed", script::SEED, &[&wishes])).await.context("seed")??;
    if let Some(kept) = kept {
        fs::write(&kept, Value::Object(seeded.clone()).to_string())
            .with_context(|| format!("write {}", kept.display()))?;
    }
    Ok(seeded)
}

fn read_seeded(path: &Path) -> Result<Map<String, Value>> {
    if !path.exists() {
        return Ok(Map::new());
    }
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
}

async fn listen(port: u16, flag: &str) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|_| {
        anyhow!("port {port} is in use: stop what listens there, or choose another port with {flag}")
    })
}

fn address(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}", listener.local_addr().context("read the listener's address")?))
}

fn stop_on_signal(stop: &Arc<Notify>) -> Result<()> {
    let stop = Arc::clone(stop);
    ctrlc::set_handler(move || stop.notify_one()).context("listen for Ctrl-C")
}

fn stop_on_stdin_eof(stop: &Arc<Notify>) {
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let mut input = std::io::stdin();
        while input.read(&mut [0; 256]).is_ok_and(|read| read > 0) {}
        stop.notify_one();
    });
}

/// Stops the run whose AWS port that is, and waits until it is gone.
///
/// # Errors
///
/// When nothing runs there.
pub async fn down(aws_port: u16) -> Result<()> {
    let endpoint = format!("http://127.0.0.1:{aws_port}");
    let client = crate::http::Client::default();
    let request = |method, path| {
        http::Request::builder()
            .method(method)
            .uri(path)
            .body(hyper::body::Bytes::new())
            .context("build a request")
    };
    if client.send(&endpoint, request("POST", "/_guard/stop")?).await.is_err() {
        bail!("nothing runs at port {aws_port}; another run's port is --aws-port");
    }
    while client.send(&endpoint, request("GET", "/_guard/health")?).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}
