"""From the logs of the day to tonight's classifier: snapshot, training, gate, promotion, report."""
