"""Every report that is due, each morning, for Airflow 3: copy this file into its DAGs folder."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="crm",
    description="Reports on shops that are due",
    schedule="30 5 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # what was missed is caught up on by `crm run --all --since DATE`
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=7),
):
    BashOperator(
        task_id="run_all",
        bash_command="cd /srv/crm && .venv/bin/crm run --all",
        append_env=True,
        retries=0,  # the command itself runs again what is worth it
        skip_on_exit_code=75,  # someone runs the same by hand
    )
