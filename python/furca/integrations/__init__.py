"""Furca inside the frameworks that own the training loop: one module each, imported only when it is asked for.

    from furca.integrations.transformers import FurcaCallback   # transformers.Trainer(callbacks=[FurcaCallback()])
    from furca.integrations.lightning import FurcaCallback      # lightning.Trainer(callbacks=[FurcaCallback()])
    from furca.integrations.accelerate import FurcaTracker      # accelerator.trackers.append(FurcaTracker(scope))
"""
