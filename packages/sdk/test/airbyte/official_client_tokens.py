"""Airbyte's own client looks up a job several times, and prints what came of each as one JSON document."""

import json
import sys

import airbyte_api
from airbyte_api import errors, models

url, client_id, client_secret, job, count = sys.argv[1:]
credentials = models.SchemeClientCredentials(
    client_id=client_id, client_secret=client_secret, token_url=f"{url}/applications/token"
)


def status_of(airbyte):
    try:
        return airbyte.jobs.get_job(request={"job_id": int(job)}).status_code
    except errors.SDKError as error:
        return error.status_code


with airbyte_api.AirbyteAPI(server_url=url, security=models.Security(client_credentials=credentials)) as airbyte:
    print(json.dumps([status_of(airbyte) for _ in range(int(count))]))
