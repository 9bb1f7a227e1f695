"""Route 53: ids that look like AWS's, batches that are done whole or not at all, and names that lie in the zone.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from moto.route53 import models as zones
from moto.route53.exceptions import Route53ClientError

uncorrected_changes = zones.Route53Backend.change_resource_record_sets
uncorrected_id = zones.HostedZoneIdentifier.generate


class BadBatch(Route53ClientError):
    def __init__(self, message):
        super().__init__("InvalidChangeBatch", f"[{message}]")


def zone_id(self, *arguments, **fields):
    return f"Z{uncorrected_id(self, *arguments, **fields)[:20]}"


def full_name(name):
    return f"{name.rstrip('.').lower()}."


def record_sets(zone):
    return {(full_name(found.name), found.type): found for found in zone.rrsets if not found.set_identifier}


def change_resource_record_sets(self, zoneid, change_list):
    zone = self.get_hosted_zone(zoneid)
    within, existing = full_name(zone.name), record_sets(zone)
    for change in change_list:
        asked = change["ResourceRecordSet"]
        name, kind = full_name(asked["Name"]), asked["Type"]
        if name != within and not name.endswith(f".{within}"):
            raise BadBatch(f"RRSet with DNS name {name} is not permitted in zone {within}")
        if change["Action"] == "CREATE" and (name, kind) in existing:
            raise BadBatch(
                f"Tried to create resource record set [name='{name}', type='{kind}'] but it already exists",
            )
        if change["Action"] == "DELETE" and (name, kind) not in existing:
            raise BadBatch(
                f"Tried to delete resource record set [name='{name}', type='{kind}'] but it was not found",
            )
        asked["Name"] = name
    return uncorrected_changes(self, zoneid, change_list)


def resolved(name, kind):
    """What the world finds: the records of that name in the public zones of all accounts."""
    found = []
    for account in list(zones.route53_backends.values()):
        for zone in account["aws"].zones.values():
            record = None if zone.private_zone else record_sets(zone).get((full_name(name), kind))
            found += [
                value["Value"] if isinstance(value, dict) else value for value in (record.records if record else [])
            ]
    return found


zones.HostedZoneIdentifier.generate = zone_id
zones.Route53Backend.change_resource_record_sets = change_resource_record_sets
