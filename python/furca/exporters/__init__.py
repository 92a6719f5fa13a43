"""What Furca has seen, in the tools that people look at. Everything comes from the sketches: no tensor is read again.

    from furca.exporters.tensorboard import TensorBoard      # export = TensorBoard(SummaryWriter("runs/tensorboard"))
    from furca.exporters.wandb import WandB                  # export = WandB(wandb.init(project="gpt"))
    from furca.exporters.mlflow import MLflow                # export = MLflow()
    from furca.exporters.prometheus import serve             # serve(scope, port=9464)

    export(scope)        # in the loop, as often as wanted: the latest look of every tensor, and the forks since the last time
    export(run)          # afterwards: all distributions that a run file has kept, and all forks
"""
