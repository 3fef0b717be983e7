"""Fine-tunes the embedded language model for one bot: a LoRA adapter that the llama.cpp server loads."""
