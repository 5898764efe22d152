#!/bin/bash
# A study for each task of an array, such as one for each model:  sbatch --array=0-2 array.sh
#SBATCH --ntasks=2 --time=04:00:00
#SBATCH --requeue --open-mode=append
models=(small medium large)
model=${models[$SLURM_ARRAY_TASK_ID]}
sed "s/^name: .*/&-$model\nmodel: $model/" study.yaml >"study-$model.yaml"
exec study-host run "study-$model.yaml" --resume latest --jobs 2 --wait 300
