"""Labelled images by name or folder; splits; batches."""

from hwnas.data.batches import shuffled_batches
from hwnas.data.catalog import DATA_SETS, load_data
from hwnas.data.digits import load_digits
from hwnas.data.fashion_mnist import load_fashion_mnist, load_idx_folder
from hwnas.data.image_folder import load_image_folder
from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.npz import load_npz
from hwnas.data.split import stratified_split

__all__ = [
    "DATA_SETS",
    "DataSet",
    "LabelledImages",
    "load_data",
    "load_digits",
    "load_fashion_mnist",
    "load_idx_folder",
    "load_image_folder",
    "load_npz",
    "shuffled_batches",
    "stratified_split",
]
