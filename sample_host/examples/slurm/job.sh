#!/bin/bash
# A study on three nodes that goes on by itself until it is done, through time limits and requeues:  sbatch job.sh
#SBATCH --job-name=learning-rate
#SBATCH --nodes=3 --ntasks=6 --time=04:00:00
#SBATCH --requeue --open-mode=append
#SBATCH --signal=USR1@120
# As a step, study-host gets Slurm's signals; USR1 comes two minutes before the time limit, and ends it with 75.
srun --nodes=1 --ntasks=1 --overlap study-host run study.yaml --resume latest --jobs 6 --wait 300
code=$?
if [ $code = 75 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit $code
