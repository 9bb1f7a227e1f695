//! A deployment with a project, a bucket of its own, recordings in it, and the people of the tests.

use model::audit::{Actor, AuditRecord, Origin};
use model::connection::Connection;
use model::id::{ConnectionId, IdentityId, OrganizationId, PamSessionId, ProjectId};
use model::permission::{Role, Scope};
use model::project::Project;
use model::recording::{
    Announced, Chunk, ChunkIndex, Claim, Committed, Ended, Given, Iv, Place, Recording, Sha256,
};
use recordings::{Ctx, Settings, routes};
use serde_json::Value;
use store::{Change, Store};
use testkit::Trail;
use testkit::aws::{Calls, scripted};
use testkit::event::{event, read};

use crate::aws::{Aws, WRAPPED};

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    pub(crate) aws: Aws,
    pub(crate) calls: Calls,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    pub(crate) connection: ConnectionId,
    /// Member of the project.
    pub(crate) member: IdentityId,
    /// Viewer of the project.
    pub(crate) viewer: IdentityId,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::signing_in_at(None).await
    }

    /// With a company's OpenID Connect provider.
    pub(crate) async fn signing_in_at(issuer: Option<String>) -> Self {
        let (store, trail) = testkit::tables_with_trail().await.unwrap();
        let aws = Aws::new();
        let (config, calls) = scripted({
            let aws = aws.clone();
            move |request| aws.answer(request)
        });
        let organization = OrganizationId::random();
        let settings = Settings {
            organization,
            region: "us-east-1".parse().unwrap(),
            sealing_key_id: "alias/sealing".into(),
            public_url: None,
            oidc_issuer: issuer,
            oidc_client_id: Some("the \"page\"".into()),
            oidc_audience: Some("drawbridge".into()),
        };
        let world = Self {
            ctx: Ctx::new(&config, store.clone(), settings),
            store,
            trail,
            aws,
            calls,
            organization,
            project: ProjectId::random(),
            connection: ConnectionId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
        };
        let project = Project {
            id: world.project,
            audit_logs_retention_days: Some(400),
            ..testkit::project(organization, "demo")
        };
        world.commit(Change::new(testkit::now()).create(&project)).await;
        let connection = testkit::connection(organization, Scope::Project(world.project), "123456789012");
        let connection = Connection { id: world.connection, ..connection };
        world.commit(Change::new(testkit::now()).create(&connection)).await;
        for (actor, role) in [(world.member, Role::Member), (world.viewer, Role::Viewer)] {
            let membership = testkit::membership(organization, world.project, &actor, role);
            world.commit(Change::new(testkit::now()).create(&membership)).await;
        }
        world
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line()).await.unwrap();
    }

    /// A recording that nobody has the key of.
    pub(crate) fn unrecorded(&self) -> Recording {
        Recording {
            resource_name: Some("database".into()),
            connection_id: self.connection,
            place: Place {
                bucket: "customers-recordings".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
                key_prefix: Some("pam/prod".parse().unwrap()),
            },
            ..testkit::recording(self.organization, self.project)
        }
    }

    /// A recording that ended after so many chunks, stored with all of them but those that are left `out`.
    pub(crate) async fn recorded(&self, chunks: u32, out: &[u32]) -> Recording {
        let recording = Recording {
            given: Some(Given {
                to: "identity:gateway".into(),
                name: "gateway".into(),
                at: testkit::now(),
                wrapped_key: WRAPPED.into(),
                upload_token_sha256: Sha256::of("token"),
            }),
            began_at: Some(testkit::now()),
            ended: Some(Ended {
                at: testkit::now(),
                claim: Some(Claim { chunk_count: chunks, chain_head: None }),
            }),
            ..self.unrecorded()
        };
        self.commit(Change::new(testkit::now()).create(&recording)).await;
        let indexes: Vec<u32> = (0..chunks).filter(|index| !out.contains(index)).collect();
        for some in indexes.chunks(99) {
            let change = some.iter().fold(Change::new(testkit::now()), |change, index| {
                change.create(&committed(recording.session_id, *index))
            });
            self.commit(change).await;
        }
        recording
    }

    /// The answer to `who`.
    pub(crate) async fn get(&self, who: IdentityId, path: &str) -> (u16, Value) {
        let request = event("GET", path).identity(who, "no-access").request();
        read(web::answer(routes(), self.ctx.clone(), request, testkit::now()).await).await
    }

    /// The answer to the member's wish to watch.
    pub(crate) async fn play(&self, recording: &Recording, query: &str) -> (u16, Value) {
        self.get(self.member, &format!("{}{query}", path(recording))).await
    }

    /// So often was KMS asked for the key.
    pub(crate) fn unwrapped(&self) -> usize {
        self.calls.all().iter().filter(|call| call.target == "TrentService.Decrypt").count()
    }

    /// The lines of the audit trail about watching.
    pub(crate) async fn watched(&self) -> usize {
        self.trail
            .actions()
            .await
            .unwrap()
            .iter()
            .filter(|action| action.starts_with("recording.play "))
            .count()
    }
}

pub(crate) fn path(recording: &Recording) -> String {
    format!("/api/v1/pam/sessions/{}/playback", recording.session_id)
}

/// A chunk whose content is its number.
pub(crate) fn committed(session: PamSessionId, index: u32) -> Chunk {
    Chunk {
        session_id: session,
        index: ChunkIndex::try_from(index).unwrap(),
        announced: Some(Announced { bytes: 100, at: testkit::now() }),
        keyframe_bytes: None,
        committed: Some(Committed {
            ciphertext_sha256: Sha256::of(index.to_string()),
            ciphertext_bytes: 100,
            iv: Iv::new([1; 12]),
            start_elapsed_ms: u64::from(index) * 1_000,
            end_elapsed_ms: u64::from(index) * 1_000 + 999,
            keyframe: None,
            at: testkit::now(),
        }),
    }
}

/// One that was announced and never came.
pub(crate) fn announced(session: PamSessionId, index: u32) -> Chunk {
    Chunk { committed: None, ..committed(session, index) }
}

fn line() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
