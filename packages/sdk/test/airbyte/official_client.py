"""Airbyte's own client asks a server what Headgate's client asks, and prints what it understood as one JSON document."""

import json
import sys
from datetime import datetime, timezone

import airbyte_api
from airbyte_api import api, errors, models

url, connection, other, client_id, client_secret = sys.argv[1:]
credentials = models.SchemeClientCredentials(
    client_id=client_id, client_secret=client_secret, token_url=f"{url}/applications/token"
)
seen = {}


def job_of(answer):
    return answer.job_response.model_dump(mode="json", by_alias=True)


def refusal(work):
    try:
        work()
    except errors.SDKError as error:
        return [error.status_code, json.loads(error.body)["data"]["message"]]
    return None


with airbyte_api.AirbyteAPI(server_url=url, security=models.Security(client_credentials=credentials)) as airbyte:
    jobs = airbyte.jobs
    create = {"connection_id": connection, "job_type": models.JobTypeEnum.SYNC}
    created = job_of(jobs.create_job(request=create))
    seen["created"] = created
    seen["busy"] = refusal(lambda: jobs.create_job(request=create))
    seen["got"] = job_of(jobs.get_job(request={"job_id": created["jobId"]}))
    seen["cancelled"] = job_of(jobs.cancel_job(request={"job_id": created["jobId"]}))
    seen["over"] = refusal(lambda: jobs.cancel_job(request={"job_id": created["jobId"]}))
    seen["unknown"] = refusal(lambda: jobs.get_job(request={"job_id": 1}))

    def listed(**filters):
        answer = jobs.list_jobs(request=api.ListJobsRequest(**filters)).jobs_response
        return [job.job_id for job in answer.data]

    since = datetime(2025, 1, 1, 0, 5, tzinfo=timezone.utc)
    midnight = datetime(2025, 1, 1, tzinfo=timezone.utc)
    seen["page"] = listed(limit=2, offset=1, order_by="updatedAt|DESC")
    seen["default"] = listed()
    seen["filtered"] = listed(
        connection_id=other,
        status=models.JobStatusEnum.FAILED,
        job_type=models.JobTypeEnum.REFRESH,
        updated_at_start=since,
        created_at_start=midnight,
        workspace_ids=[connection, other],
    )
    seen["until"] = listed(updated_at_end=since, created_at_end=midnight)
    seen["later"] = listed(created_at_start=since)
    pages = []
    answer = jobs.list_jobs(request=api.ListJobsRequest(limit=100, offset=0)).jobs_response
    while answer.next:
        pages.append(len(answer.data))
        answer = jobs.list_jobs(request=api.ListJobsRequest(limit=100, offset=sum(pages))).jobs_response
    seen["pages"] = pages
    seen["statuses"] = sorted({job["status"] for job in (job_of(jobs.get_job(request={"job_id": i})) for i in range(101, 108))})

print(json.dumps(seen))
