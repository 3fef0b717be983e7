"""Prompts for a frozen encoder: trained with peft's modules, served as inputs of one ONNX model."""
