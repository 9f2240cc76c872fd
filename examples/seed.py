import ipdb
import torch
from torch.utils.data import DataLoader
import wandb
import os

def worker_init_fn(worker_id):
    print("hello form worker:" + str(worker_id))

class Dataset(torch.utils.data.Dataset):
    def __len__(self):
        return 3
    def __getitem__(self, index):
        return index

if __name__ == "__main__":
    os.environ["WANDB_BASE_URL"] = "http://127.0.0.1:8080"
    os.environ['WANDB_MODE'] = 'dryrun'
    wandb.login(key="local-" + "0" * 40)
    wandb.init(project="1", name="1.1")
    train_iter = DataLoader(Dataset(), num_workers=1, batch_size=1, worker_init_fn=worker_init_fn)
    for data in train_iter:
        pass
