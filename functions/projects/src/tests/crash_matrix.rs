//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead.

use model::Timestamp;
use model::folder::FolderTree;
use model::id::TagId;
use model::membership::{ActorKind, Membership, MembershipRole};
use model::tag::Tag;
use store::Bookkeeping;
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, clean_up, fence, requests};

use super::*;

const ABSENT: Again = Again::Refused(404, "was not found");

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    Row::new("POST /api/v2/workspace", Again::Refused(400, "already exists")),
    Row::new("PATCH /api/v2/workspace/{slug}", Again::Done),
    Row::new("DELETE /api/v2/workspace/{slug}", ABSENT),
    Row::new("PATCH /api/v1/workspace/{projectId}", Again::Done),
    Row::new("DELETE /api/v1/workspace/{projectId}", ABSENT),
    Row::new("PUT /api/v1/workspace/{slug}/audit-logs-retention", Again::Done),
    Row::new("POST /api/v1/projects", Again::Refused(400, "already exists")),
    Row::new("PATCH /api/v1/projects/{projectId}", Again::Done),
    Row::new("DELETE /api/v1/projects/{projectId}", ABSENT),
    Row::new("PUT /api/v1/projects/{slug}/audit-logs-retention", Again::Done),
    Row::new("POST /api/v1/workspace/{projectId}/environments", Again::Refused(400, "already exists")),
    Row::new("PATCH /api/v1/workspace/{projectId}/environments/{environmentId}", Again::Done),
    Row::new("DELETE /api/v1/workspace/{projectId}/environments/{environmentId}", ABSENT),
    Row::new("POST /api/v1/projects/{projectId}/environments", Again::Refused(400, "already exists")),
    Row::new("PATCH /api/v1/projects/{projectId}/environments/{environmentId}", Again::Done),
    Row::new("DELETE /api/v1/projects/{projectId}/environments/{environmentId}", ABSENT),
    Row::new("POST /api/v2/workspace/{projectId}/memberships", Again::Done),
    Row::new("DELETE /api/v2/workspace/{projectId}/memberships", Again::Refused(404, "is not a member")),
    Row::new("PATCH /api/v1/workspace/{projectId}/memberships/{membershipId}", Again::Done),
    Row::new("DELETE /api/v1/workspace/{projectId}/memberships/{membershipId}", ABSENT),
    Row::new("POST /api/v1/projects/{projectId}/memberships", Again::Done),
    Row::new("DELETE /api/v1/projects/{projectId}/memberships", Again::Refused(404, "is not a member")),
    Row::new("PATCH /api/v1/projects/{projectId}/memberships/{membershipId}", Again::Done),
    Row::new("DELETE /api/v1/projects/{projectId}/memberships/{membershipId}", ABSENT),
    Row::new(
        "POST /api/v2/workspace/{projectId}/identity-memberships/{identityId}",
        Again::Refused(400, "already a member"),
    ),
    Row::new("PATCH /api/v2/workspace/{projectId}/identity-memberships/{identityId}", Again::Done),
    Row::new(
        "DELETE /api/v2/workspace/{projectId}/identity-memberships/{identityId}",
        Again::Refused(404, "is not a member"),
    ),
    Row::new(
        "POST /api/v1/projects/{projectId}/memberships/identities/{identityId}",
        Again::Refused(400, "already a member"),
    ),
    Row::new("PATCH /api/v1/projects/{projectId}/memberships/identities/{identityId}", Again::Done),
    Row::new(
        "DELETE /api/v1/projects/{projectId}/memberships/identities/{identityId}",
        Again::Refused(404, "is not a member"),
    ),
];

const CHANGE_NOTHING: &[(&str, &str)] = &[
    ("POST /api/v1/workspace/{projectId}/memberships/details", "Terraform reads a membership so"),
    ("POST /api/v1/projects/{projectId}/memberships/details", "Terraform reads a membership so"),
];

/// A project with more than one transaction takes: members, tags, environments.
const CROWD: &str = "DELETE /api/v1/projects/{projectId}, crowded";

struct Mortal {
    world: World,
    fuse: Fuse,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        let organization = Organization { id: OrganizationId::random(), name: "Example".to_owned() };
        Self { world: World { ctx: Ctx { store, organization }, trail }, fuse: fuse.clone() }
    }

    /// What a project is when it is used: a person and a machine in it, a tag, a folder.
    async fn furnished(&self, slug: &str) -> Place {
        let project = self.world.project(slug).await;
        let (id, environment) = (super::id(&project), text(&project["environments"][1], "id"));
        let machine = self.world.identity("machine").await;
        let member = |kind, who: &str| Membership {
            id: model::id::MembershipId::random(),
            organization_id: self.world.ctx.organization.id,
            project_id: id,
            actor_kind: kind,
            actor_id: who.to_owned(),
            actor_name: who.to_owned(),
            roles: vec![MembershipRole::permanent(Role::Member)],
        };
        let person = member(ActorKind::User, "bob@example.com");
        let tag = Tag { id: TagId::random(), project_id: id, slug: "t".into(), name: None, color: None };
        let mut tree = FolderTree::new(id, environment.parse().unwrap());
        tree.create(&"/".parse().unwrap(), "api".parse().unwrap(), None, testkit::now()).unwrap();
        let change = Change::new(testkit::now()).create(&person).create(&tag).create(&tree);
        let change = change.create(&member(ActorKind::Identity, &machine.to_string()));
        self.world.ctx.store.keep_count(Bookkeeping(change)).await.unwrap();
        Place { slug: slug.to_owned(), id, environment, membership: person.id.to_string(), machine }
    }

    async fn crowd(&self, place: &Place) {
        for chunk in 0..3 {
            let mut change = Change::new(testkit::now());
            for n in 0..25 {
                let who = format!("person-{chunk}-{n}@example.com");
                let organization = self.world.ctx.organization.id;
                let membership = testkit::membership(organization, place.id, &who, Role::Viewer);
                let membership = Membership { actor_kind: ActorKind::User, ..membership };
                let slug = format!("t-{chunk}-{n}");
                let tag = Tag { id: TagId::random(), project_id: place.id, slug, name: None, color: None };
                change = change.create(&membership);
                change = if n < 20 { change.create(&tag) } else { change };
            }
            self.world.ctx.store.keep_count(Bookkeeping(change)).await.unwrap();
        }
    }
}

struct Place {
    slug: String,
    id: ProjectId,
    environment: String,
    membership: String,
    machine: IdentityId,
}

impl Deployment for Mortal {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn forgets(&self) -> bool {
        true
    }

    fn trail(&self) -> &Trail {
        &self.world.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        self.world.send_at(event.clone(), now).await
    }

    async fn settle(&self, now: Timestamp) -> bool {
        clean_up(&self.world.ctx.store, now).await
    }
}

/// Whatever one request is about, under a new name, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let fresh = format!("p{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
    let (method, path) = operation.split(", ").next().unwrap().split_once(' ').unwrap();
    if ["/api/v2/workspace", "/api/v1/projects"].contains(&path) && method == "POST" {
        return ada(post(path, json!({ "projectName": fresh, "slug": fresh })));
    }
    let place = mortal.furnished(&fresh).await;
    if operation == CROWD {
        mortal.crowd(&place).await;
    }
    let new_member = method == "POST" && path.contains("identit");
    let machine = if new_member { mortal.world.identity("another").await } else { place.machine };
    let target = path
        .replace("{slug}", if path.contains("retention") { &fresh } else { &place.slug })
        .replace("{projectId}", &place.id.to_string())
        .replace("{environmentId}", &place.environment)
        .replace("{membershipId}", &place.membership)
        .replace("{identityId}", &machine.to_string());
    let body = match (method, path.rsplit('/').next().unwrap()) {
        ("PUT", _) => json!({ "auditLogsRetentionDays": 90 }),
        ("POST", "environments") => json!({ "name": "New", "slug": "new" }),
        ("PATCH", "{environmentId}") => json!({ "name": "Renamed", "slug": "renamed", "position": 1 }),
        ("POST", "memberships") => json!({ "emails": ["bob@example.com", "eve@example.com"] }),
        ("DELETE", "memberships") => json!({ "emails": ["bob@example.com"] }),
        ("POST", "{identityId}") => json!({ "role": "member" }),
        ("PATCH", "{membershipId}" | "{identityId}") => json!({ "roles": [{ "role": "viewer" }] }),
        ("PATCH", _) => json!({ "name": "Renamed", "description": "changed" }),
        _ => json!({}),
    };
    ada(event(method, &target).body(&body))
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    requests(ROWS, Mortal::open, arrange).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_project_whose_deletion_dies_anywhere_however_much_was_in_it() {
    requests(&[Row::new(CROWD, Again::Either(404, "was not found"))], Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, CHANGE_NOTHING);
}
