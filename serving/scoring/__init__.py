"""From tonight's open leads to the score table.

``score`` turns Arrow batches of features into batches of the score table, ``previous`` and ``changed`` compare with
the last night, ``reasons`` chooses what is said (``leadq.serving.words`` says it), ``write`` puts the table on disk whole,
``explain`` and ``summary`` read it for people. Left out: computing features (features/), the model (models/), sending scores
anywhere (serving/delivery).
"""
