"""What language models, chains and tools were asked and said, as trees in the run: LangChain's tracer, LiteLLM's callback."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream


def test_langchain__tracer__logs_a_tree_of_each_call(program: Program) -> None:
    """A chain, a chat, a tool and a failure. Times and ids are other ones in each run."""
    pytest.importorskip("langchain_community")
    ended = program(
        """
        from langchain_community.callbacks.tracers.wandb import WandbTracer
        from langchain_core.language_models import FakeListChatModel, FakeListLLM
        from langchain_core.output_parsers import StrOutputParser
        from langchain_core.prompts import PromptTemplate
        from langchain_core.runnables import RunnableLambda
        from langchain_core.tools import tool

        @tool
        def square(number: int) -> int:
            '''The square of a number.'''
            return number * number

        tracer = WandbTracer({"project": "p", "name": "named"})
        chain = PromptTemplate.from_template("Say {word}") | FakeListLLM(responses=["one", "two"]) | StrOutputParser()
        print(chain.invoke({"word": "it"}, config={"callbacks": [tracer], "tags": ["t"], "metadata": {"m": 1}}))
        chat = PromptTemplate.from_template("Say {word}") | FakeListChatModel(responses=["three"])
        print(chat.invoke({"word": "more"}, config={"callbacks": [tracer]}).content)
        print(square.invoke({"number": 3}, config={"callbacks": [tracer]}))
        try:
            RunnableLambda(lambda value: 1 / value).invoke(0, config={"callbacks": [tracer]})
        except ZeroDivisionError:
            print("raised")
        tracer.finish()
        """,
        limit=120,
    ).ok()
    assert ended.stdout.split() == ["one", "three", "9", "raised"]
    trees = [row[key] for row in ended.run.rows() for key in row if key[-1] == "root_span_dumps"]
    assert [json.loads(tree)["status_code"] for tree in trees] == ["SUCCESS", "SUCCESS", "SUCCESS", "ERROR"]
    assert [len(json.loads(tree)["child_spans"] or ()) for tree in trees] == [3, 2, 0, 0]
    # In upstream's summary, the last tree has the model of an earlier one.
    same_with_upstream(ended.folder, random="root_span_dumps|model_hash|model_dict_dumps")


def test_litellm__callback__leaves_a_run_with_the_tree_of_a_call(program: Program) -> None:
    """It begins and ends a run in a thread, while the program already ends; the answer is LiteLLM's own mock."""
    pytest.importorskip("litellm")
    ended = program(
        """
        import litellm
        litellm.success_callback = ["wandb"]
        question = [{"role": "user", "content": "word"}]
        print(litellm.completion(model="gpt-4o", messages=question, mock_response="It is").choices[0].message.content)
        """,
        env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        limit=120,
    ).ok()
    assert ended.stdout == "It is\n" and ended.run.exit_code() == 0
    (row,) = ended.run.rows()
    assert row["trace", "_type"] == "wb_trace_tree" and "It is" in row["trace", "root_span_dumps"]
    same_with_upstream(ended.folder, random="model_hash|.*_dumps", LITELLM_LOCAL_MODEL_COST_MAP="True")
