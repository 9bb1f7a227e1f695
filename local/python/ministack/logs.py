"""CloudWatch Logs: groups are described while processes that have just started begin streams in them.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
"""

from ministack.services import cloudwatch_logs

uncorrected_describe_log_groups = cloudwatch_logs._describe_log_groups


def describe_log_groups(request):
    while True:
        try:
            return uncorrected_describe_log_groups(request)
        except RuntimeError as changed:
            # Python's word for a dictionary that grew while it was gone through.
            if "changed size" not in str(changed):
                raise


cloudwatch_logs._describe_log_groups = describe_log_groups
