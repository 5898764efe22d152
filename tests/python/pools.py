"""Each kind of executor, made by name."""

import concurrent.futures
import contextlib
import multiprocessing
import tempfile

KINDS = ["threads", "fork", "spawn", "forkserver", "loky", "dask", "submitit"]
OF_PROCESSES = ["fork", "spawn", "forkserver", "loky"]
WORKERS = 2


@contextlib.contextmanager
def pool(kind, workers=WORKERS):
    if kind == "threads":
        with concurrent.futures.ThreadPoolExecutor(workers) as executor:
            yield executor
    elif kind in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(kind)
        with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as executor:
            yield executor
    elif kind == "loky":
        import loky

        with loky.ProcessPoolExecutor(workers) as executor:
            yield executor
    elif kind == "dask":
        import distributed

        with distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster, distributed.Client(cluster) as client:
            yield client.get_executor(pure=False)
    else:
        import submitit

        with tempfile.TemporaryDirectory() as folder:
            yield submitit.LocalExecutor(folder)
